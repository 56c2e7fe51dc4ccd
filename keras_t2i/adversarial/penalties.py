"""Further terms of a critic's loss, as objects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

_STREAM = 101  # of a round's random draws


class ScoredContext(Protocol):
    """What a penalty asks of a round."""

    notes: "dict[str, tf.Tensor]"

    @property
    def real(self) -> "tf.Tensor":
        """Real pictures, or points, (N, …)."""

    @property
    def fakes(self) -> "tf.Tensor":
        """As many fakes."""

    def judge(self, images: "tf.Tensor") -> "tf.Tensor":
        """The critic's logits of them."""

    def seed(self, stream: int) -> "tf.Tensor":
        """The seed of a random draw."""


@dataclass(frozen=True)
class GradientPenalty:
    """WGAN-GP's term: the critic's slope between real and fake shall be 1 (Gulrajani 2017, eq. 3).

    Between means on the straight line from a real picture to a fake, at a place that is drawn
    uniformly for each pair. The mean slope is noted as `slope/critic`.

    Args:
        weight: λ.
    """

    weight: float = 10.0
    name: ClassVar[str] = "gradient_penalty"

    def __call__(self, own: ScoredContext) -> "tf.Tensor":
        """λ E (‖∇D(x̂)‖₂ − 1)²."""
        real, fakes = own.real, tf.stop_gradient(own.fakes)
        rows = tf.shape(real)[:1]
        shape = tf.concat([rows, tf.ones(real.shape.rank - 1, tf.int32)], 0)
        share = tf.random.stateless_uniform(shape, own.seed(_STREAM))
        between = real + share * (fakes - real)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(between)
            logits = own.judge(between)
        slopes = tf.reshape(tape.gradient(logits, between), (rows[0], -1))
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), 1) + 1e-12)
        own.notes["slope/critic"] = tf.reduce_mean(norms)
        return self.weight * tf.reduce_mean(tf.square(norms - 1.0))
