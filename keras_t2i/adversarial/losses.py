"""Adversarial losses: what critic and generator minimise, given the critic's logits.

Logits may have any shape; their mean is taken, so that patch-shaped logits (N, h, w, 1) count every
patch alike. Each loss is a dictionary of named terms, float32 scalars, whose sum is minimised.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.training.train_state import Terms


class AdversarialLoss(ABC):
    """The contract of an adversarial loss: pure functions of the critic's logits.

    Attributes:
        generator_sees_real: Whether `generator` needs the logits of real pictures. Only then are
            they computed for the generator's move: they cost a pass of the critic, which also moves
            its BatchNorm statistics.
    """

    generator_sees_real: ClassVar[bool] = False

    @abstractmethod
    def critic(self, real: "tf.Tensor", fake: "tf.Tensor") -> "Terms":
        """The critic's loss.

        Args:
            real: Logits of the pictures that the critic should accept.
            fake: Logits, of the same shape, of the pictures that it should refuse.

        Returns:
            Named terms; one named `fake` is about the fakes.
        """

    @abstractmethod
    def generator(self, fake: "tf.Tensor", real: "tf.Tensor | None" = None) -> "Terms":
        """The generator's loss.

        Args:
            fake: Logits of the generator's pictures.
            real: Logits, of the same shape, of real pictures, if `generator_sees_real`.

        Returns:
            Named terms.
        """


class SeparableLoss(AdversarialLoss):
    """A loss that looks at real and fake logits apart; a loss derives from it and says how."""

    @abstractmethod
    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The critic's loss on pictures that it should accept."""

    @abstractmethod
    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The critic's loss on pictures that it should refuse."""

    @abstractmethod
    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """The generator's loss on the critic's logits of its pictures."""

    def critic(self, real: "tf.Tensor", fake: "tf.Tensor") -> "Terms":
        """The terms `real` and `fake`."""
        return {"real": self.real(real), "fake": self.fake(fake)}

    def generator(self, fake: "tf.Tensor", real: "tf.Tensor | None" = None) -> "Terms":
        """The term `fake`."""
        return {"fake": self.generated(fake)}


@component
class Minimax(SeparableLoss):
    """Goodfellow et al. 2014, eq. 1: the generator minimises log(1 − D(G(z)))."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log D."""
        return tf.reduce_mean(tf.nn.softplus(-logits))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log(1 − D)."""
        return tf.reduce_mean(tf.nn.softplus(logits))

    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """log(1 − D)."""
        return -self.fake(logits)


@component
class NonSaturating(Minimax):
    """Goodfellow et al. 2014, section 3: the generator minimises −log D(G(z)) instead."""

    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−log D."""
        return self.real(logits)


@component
class NoAdversarialLoss(SeparableLoss):
    """No game: the critic learns nothing, and the generator has its further terms alone."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)

    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """0."""
        return 0.0 * tf.reduce_mean(logits)


@component
class LeastSquares(SeparableLoss):
    """Mao et al. 2017, "Least Squares GAN", eq. 9, with targets 1 and 0.

    Args:
        factor: Factor of each term; ½ in Mao et al., 1 in CycleGAN (Zhu et al. 2017, section 4).
    """

    factor: float = 0.5

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · (D − 1)²."""
        return self.factor * tf.reduce_mean(tf.square(logits - 1.0))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · D²."""
        return self.factor * tf.reduce_mean(tf.square(logits))

    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """Factor · (D − 1)²."""
        return self.real(logits)


@component
class Wasserstein(SeparableLoss):
    """Arjovsky et al. 2017, "Wasserstein GAN", eq. 2 and algorithm 1."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−D."""
        return -tf.reduce_mean(logits)

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """D."""
        return tf.reduce_mean(logits)

    def generated(self, logits: "tf.Tensor") -> "tf.Tensor":
        """−D."""
        return -tf.reduce_mean(logits)


@component
class Hinge(Wasserstein):
    """Lim and Ye 2017, "Geometric GAN", eq. 18–19; Miyato et al. 2018, eq. 16–17."""

    def real(self, logits: "tf.Tensor") -> "tf.Tensor":
        """max(0, 1 − D)."""
        return tf.reduce_mean(tf.nn.relu(1.0 - logits))

    def fake(self, logits: "tf.Tensor") -> "tf.Tensor":
        """max(0, 1 + D)."""
        return tf.reduce_mean(tf.nn.relu(1.0 + logits))


@component
class RelativisticPairing(AdversarialLoss):
    """Each real picture must score above a fake: RpGAN, the loss of R3GAN.

    Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern GAN Baseline"; after
    Jolicoeur-Martineau 2019, "The relativistic discriminator". Row i of the real logits is compared
    with row i of the fake ones. Huang et al. add `R1` and `R2`, without which it need not converge.
    """

    generator_sees_real: ClassVar[bool] = True

    def critic(self, real: "tf.Tensor", fake: "tf.Tensor") -> "Terms":
        """The term `fake`: softplus(−(D(x) − D(G(z))))."""
        return {"fake": tf.reduce_mean(tf.nn.softplus(fake - real))}

    def generator(self, fake: "tf.Tensor", real: "tf.Tensor | None" = None) -> "Terms":
        """The term `fake`: softplus(−(D(G(z)) − D(x))).

        Raises:
            ValueError: There are no real logits.
        """
        if real is None:
            raise ValueError("A relativistic generator needs the logits of real pictures.")
        return {"fake": tf.reduce_mean(tf.nn.softplus(real - fake))}
