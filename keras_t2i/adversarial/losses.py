"""Adversarial losses: what the critic makes of real and fake logits, and what the generator does.

Each loss is three pure functions of logits of any shape; their mean is taken, so patch-shaped
logits (N, h, w, 1) count every patch alike. All values are float32 scalars.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class AdversarialLoss(Protocol):
    """The contract of the losses below."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The critic's loss on what it should accept."""

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The critic's loss on what it should refuse."""

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The generator's loss on the critic's logits of its pictures."""


@dataclass(frozen=True)
class Minimax:
    """Goodfellow et al. 2014, eq. 1: the generator minimises log(1 − D(G(z)))."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log D."""
        return tf.reduce_mean(tf.nn.softplus(-logits))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log(1 − D)."""
        return tf.reduce_mean(tf.nn.softplus(logits))

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """log(1 − D)."""
        return -self.fake(logits)


@dataclass(frozen=True)
class NonSaturating(Minimax):
    """Goodfellow et al. 2014, section 3: the generator minimises −log D(G(z)) instead."""

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log D."""
        return self.real(logits)


@dataclass(frozen=True)
class NoAdversarialLoss:
    """No game: the critic learns nothing, and the generator has its further terms alone."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)


@dataclass(frozen=True)
class LeastSquares:
    """Mao et al. 2017, "Least Squares GAN", eq. 9, with targets 1 and 0.

    Args:
        factor: Of each; Mao et al. have ½, CycleGAN 1 (Zhu et al. 2017, section 4).
    """

    factor: float = 0.5

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · (D − 1)²."""
        return self.factor * tf.reduce_mean(tf.square(logits - 1.0))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · D²."""
        return self.factor * tf.reduce_mean(tf.square(logits))

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · (D − 1)²."""
        return self.real(logits)


@dataclass(frozen=True)
class Wasserstein:
    """Arjovsky et al. 2017, "Wasserstein GAN", eq. 2 and algorithm 1."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−D."""
        return -tf.reduce_mean(logits)

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """D."""
        return tf.reduce_mean(logits)

    def generator(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−D."""
        return -tf.reduce_mean(logits)


@dataclass(frozen=True)
class Hinge(Wasserstein):
    """Lim and Ye 2017, "Geometric GAN", eq. 18–19; Miyato et al. 2018, eq. 16–17."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """max(0, 1 − D)."""
        return tf.reduce_mean(tf.nn.relu(1.0 - logits))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """max(0, 1 + D)."""
        return tf.reduce_mean(tf.nn.relu(1.0 + logits))
