"""InfoGAN's term of both players."""

from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm, Penalty
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.info_gan.gan import InfoContext


@component
class Information(GeneratorTerm, Penalty):
    """The codes must be readable in the fakes (Chen et al. 2016, eq. 5).

    It bounds the mutual information of codes and pictures from below. Both players minimise it: the
    critic's network reads better, the generator writes clearer.

    Args:
        weight: Factor λ of the term.
    """

    weight: float = 1.0
    name: ClassVar[str] = "information"

    def __call__(self, context: "InfoContext") -> "tf.Tensor":
        """−λ E log Q(c | G(z, c)), a normal distribution of deviation 1 for continuous codes."""
        category, value = context.model.latent.codes(context.noise)
        logits, means = context.codes_read
        missed = tf.nn.softmax_cross_entropy_with_logits(category, logits)
        off = 0.5 * tf.reduce_sum(tf.square(value - means), -1)
        return self.weight * tf.reduce_mean(missed + off)
