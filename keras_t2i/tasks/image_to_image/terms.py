"""Further terms of an image-to-image generator's loss."""

from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.image_to_image.gan import ImageToImageContext


@component
class Reconstruction(GeneratorTerm):
    """The fake must be the very picture: the mean of |x − G|^p (Isola et al. 2017, eq. 3: p = 1).

    Args:
        weight: Factor λ of the term.
        power: Exponent p, 1 or 2.
    """

    weight: float = 100.0
    power: float = 1.0
    name: ClassVar[str] = "reconstruction"
    needs: ClassVar[frozenset[str]] = frozenset({"source pictures"})

    def __call__(self, context: "ImageToImageContext") -> "tf.Tensor":
        """λ times the mean over pixels and colours."""
        return self.weight * tf.reduce_mean(tf.abs(context.real - context.fakes) ** self.power)


@component
class HoleReconstruction(GeneratorTerm):
    """The fake must be the very picture where that was missing (Pathak et al. 2016, eq. 1).

    Args:
        weight: Factor λ of the term.
    """

    weight: float = 999.0
    name: ClassVar[str] = "reconstruction"
    needs: ClassVar[frozenset[str]] = frozenset({"source pictures"})

    def __call__(self, context: "ImageToImageContext") -> "tf.Tensor":
        """λ times the mean squared difference over colours and the holes' pixels."""
        if context.source.shape[-1] != 4:
            raise InputError(
                f"{type(self).__name__} needs pictures with holes, marked by a fourth channel. "
                f"Received: {context.source.shape[-1]} channels."
            )
        mask = context.source[..., 3:]
        missed = tf.reduce_sum(mask * tf.square(context.real - context.fakes))
        return self.weight * missed / tf.maximum(3.0 * tf.reduce_sum(mask), 1.0)
