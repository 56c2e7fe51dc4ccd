"""Further terms of an image-to-image generator's loss."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.bounds import FromZero
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import tf
from keras_t2i.tasks.base.feature_networks import require_network

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
class FeatureReconstruction(GeneratorTerm):
    """The fake must have the picture's features in a network (Ledig et al. 2017, eq. 5).

    With VGG19 and its last map before the last pooling it is their loss l_VGG/5.4; any network that
    has a gradient can take its place. The run keeps the file's sha256.

    Args:
        extractor: File of the network: an .npz of SqueezeNet, or a .keras file of a network from
            RGB pictures in [0, 255] to maps.
        layer: Place of the map among those of the network, from 1; 0 is the last.
        scale: Factor of the features before they are compared; VGG19's have 1/12.75 in the paper.
        weight: Factor λ of the term.
    """

    extractor: str = ""
    layer: FromZero = 0
    scale: float = 1 / 12.75
    weight: float = 1000.0
    name: ClassVar[str] = "features"
    needs: ClassVar[frozenset[str]] = frozenset({"source pictures"})

    def check(self) -> None:
        """Refuse a file that is not there or of a kind without gradients."""
        option = "--gan.generator-terms.0.extractor"
        require_network(self.extractor, type(self).__name__, option)

    def chosen(self, maps: "Sequence[tf.Tensor]") -> "tf.Tensor":
        """The map that the term compares.

        Raises:
            InputError: Pictures of this side do not have it.
        """
        if not maps or self.layer > len(maps):
            raise InputError(
                f"{type(self).__name__}: layer must be at most {len(maps)}, the number of maps "
                f"that {self.extractor} gives for pictures of this side. Received: {self.layer}."
            )
        return maps[self.layer - 1]

    def __call__(self, context: "ImageToImageContext") -> "tf.Tensor":
        """λ scale² times the mean squared difference over a map's places and channels."""
        real, fake = (
            self.chosen(context.maps(self.extractor, images))
            for images in (context.real, context.fakes)
        )
        return self.weight * self.scale**2 * tf.reduce_mean(tf.square(real - fake))


@component
class HoleReconstruction(GeneratorTerm):
    """The fake must be the very picture where that was missing (Pathak et al. 2016, eq. 1).

    Args:
        weight: Factor λ of the term.
    """

    weight: float = 999.0
    name: ClassVar[str] = "reconstruction"
    needs: ClassVar[frozenset[str]] = frozenset({"source pictures", "holes"})

    def __call__(self, context: "ImageToImageContext") -> "tf.Tensor":
        """λ times the mean squared difference over colours and the holes' pixels."""
        mask = context.source[..., 3:]
        missed = tf.reduce_sum(mask * tf.square(context.real - context.fakes))
        return self.weight * missed / tf.maximum(3.0 * tf.reduce_sum(mask), 1.0)
