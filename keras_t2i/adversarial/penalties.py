"""Penalties of the critic's gradient, as objects.

D is a picture's logit, or the mean of its patches' logits. A critic with BatchNorm couples the
pictures of a batch: its gradient by one picture is then that of all logits.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

from keras_t2i.adversarial.terms import Penalty
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

_STREAM = 101  # of a step's random draws
_TINY = 1e-12  # the root of 0 has no gradient


class ScoredContext(Protocol):
    """Context that a penalty needs: pictures, or points, (N, …) and their logits.

    Attributes:
        logged: Scalars to report, by name; penalties add further ones.
    """

    logged: "dict[str, tf.Tensor]"

    @property
    def real(self) -> "tf.Tensor":
        """Real pictures."""

    @property
    def fakes(self) -> "tf.Tensor":
        """Fakes, as many as the real pictures."""

    @property
    def shown_real(self) -> "tf.Tensor":
        """Real pictures as the critic sees them: augmented."""

    @property
    def shown_fakes(self) -> "tf.Tensor":
        """Fakes as the critic sees them: augmented, or from a pool."""

    def score(self, images: "tf.Tensor") -> "tf.Tensor":
        """The critic's logits of pictures, with the batch's own conditions if there are any."""

    def seed(self, stream: int) -> "tf.Tensor":
        """The (2,) seed of a random draw."""


class CaptionedContext(ScoredContext, Protocol):
    """Context that a penalty of captions needs."""

    @property
    def embedding(self) -> "tf.Tensor":
        """The captions' embeddings (N, E) as the critic takes them."""

    def score_pairs(self, images: "tf.Tensor", embedding: "tf.Tensor") -> "tf.Tensor":
        """The critic's logits of pictures with captions."""


@component
class GradientPenalty(Penalty):
    """WGAN-GP's term: the critic's slope between real and fake shall be 1 (Gulrajani 2017, eq. 3).

    It is taken at a place on the straight line from a real picture to a fake that is drawn
    uniformly for each pair. The mean slope is logged as `slope/critic`.

    Args:
        weight: Factor λ of the term.
    """

    weight: float = 10.0
    name: ClassVar[str] = "gradient_penalty"

    def __call__(self, context: ScoredContext) -> "tf.Tensor":
        """λ E (‖∇D(x̂)‖₂ − 1)²."""
        real, fakes = context.real, tf.stop_gradient(context.fakes)
        rows = tf.shape(real)[:1]
        shape = tf.concat([rows, tf.ones(real.shape.rank - 1, tf.int32)], 0)
        share = tf.random.stateless_uniform(shape, context.seed(_STREAM))
        (squares,) = squared_slopes(context.score, real + share * (fakes - real))
        norms = tf.sqrt(squares + _TINY)
        context.logged["slope/critic"] = tf.reduce_mean(norms)
        return self.weight * tf.reduce_mean(tf.square(norms - 1.0))


@component
class R1(Penalty):
    """The critic shall be flat at real pictures (Mescheder et al. 2018, eq. 9).

    The mean slope is logged as `slope/real`.

    Args:
        weight: Factor γ of the term.
    """

    weight: float = 10.0
    name: ClassVar[str] = "r1"

    def __call__(self, context: ScoredContext) -> "tf.Tensor":
        """γ/2 E ‖∇D(x)‖²."""
        (squares,) = squared_slopes(context.score, context.shown_real)
        context.logged["slope/real"] = tf.reduce_mean(tf.sqrt(squares))
        return 0.5 * self.weight * tf.reduce_mean(squares)


@component
class R2(Penalty):
    """The critic shall be flat at fakes (Mescheder et al. 2018, eq. 10).

    The mean slope is logged as `slope/fake`.

    Args:
        weight: Factor γ of the term.
    """

    weight: float = 10.0
    name: ClassVar[str] = "r2"

    def __call__(self, context: ScoredContext) -> "tf.Tensor":
        """γ/2 E ‖∇D(G(z))‖²."""
        (squares,) = squared_slopes(context.score, tf.stop_gradient(context.shown_fakes))
        context.logged["slope/fake"] = tf.reduce_mean(tf.sqrt(squares))
        return 0.5 * self.weight * tf.reduce_mean(squares)


@component
class MatchingAwareGradientPenalty(Penalty):
    """The critic shall be flat at real pictures with their captions: the MA-GP of DF-GAN.

    Tao et al. 2022, "DF-GAN: A Simple and Effective Baseline for Text-to-Image Synthesis". The
    slopes by picture and by embedding are added, as in the paper; its authors' code has the root of
    their squares' sum. The mean sum is logged as `slope/matched`.

    Args:
        weight: Factor k of the term.
        power: Exponent p of the sum of both slopes.
    """

    weight: float = 2.0
    power: float = 6.0
    name: ClassVar[str] = "matching_aware_penalty"
    needs: ClassVar[frozenset[str]] = frozenset({"captions"})

    def __call__(self, context: CaptionedContext) -> "tf.Tensor":
        """The mean of k (‖∇ₓD(x, e)‖ + ‖∇ₑD(x, e)‖)^p."""
        squares = squared_slopes(context.score_pairs, context.shown_real, context.embedding)
        slopes = tf.add_n([tf.sqrt(square + _TINY) for square in squares])
        context.logged["slope/matched"] = tf.reduce_mean(slopes)
        return self.weight * tf.reduce_mean(slopes**self.power)


def squared_slopes(score: "Callable[..., tf.Tensor]", *places: "tf.Tensor") -> "list[tf.Tensor]":
    """‖∇D‖² by each of the inputs of D, float32 (N,) each.

    Args:
        score: Function from the inputs to logits (N, …).
        *places: The inputs at which the gradients are taken, (N, …) each.
    """
    rows = tf.shape(places[0])[0]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(places)
        logits = tf.reduce_mean(tf.reshape(score(*places), (rows, -1)), 1)
    slopes = tape.gradient(logits, places, unconnected_gradients="zero")
    return [tf.reduce_sum(tf.square(tf.reshape(slope, (rows, -1))), 1) for slope in slopes]
