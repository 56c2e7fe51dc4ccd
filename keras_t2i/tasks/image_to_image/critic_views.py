"""Views of pictures: the part of them that the critic of an image-to-image GAN sees."""

from typing import TYPE_CHECKING, Any

from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import CentreMask

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.pipelines.paired import Degradation
    from keras_t2i.tasks.image_to_image.architectures import Architecture

_SMALLEST = 8  # side of pictures that a critic takes


class CriticView:
    """A part of real and generated pictures alike, which the critic sees; each is a component.

    By itself the whole picture, as it is finished.
    """

    def check(self, networks: "Architecture", degradation: "Degradation | None") -> None:
        """Refuse networks or sources that the view has no meaning for.

        Raises:
            InputError: The generator or the degradation is of the wrong kind.
        """

    def window(self, image_size: int, degradation: "Degradation | None") -> slice:
        """Rows and columns of a picture that the critic sees.

        Args:
            image_size: Side of the pictures.
            degradation: Loss of detail that makes the sources.

        Raises:
            InputError: The part is of a side that no critic takes.
        """
        return slice(None)

    def fakes(self, network: Any, sources: "tf.Tensor") -> "tf.Tensor":
        """The generator's pictures of sources in a training step, (N, S, S, 3) in [−1, 1]."""
        return network(sources, training=True)


@component
class FinishedPicture(CriticView):
    """The whole finished picture; of one with holes, what was drawn in its true surroundings."""


@component
class HoleAlone(CriticView):
    """The content of the hole in the centre, without what is around it (Pathak et al. 2016).

    In its true surroundings any seam would give a fake away (section 3.2: the critic would exploit
    "the perceptual discontinuity in generated regions and the original context").
    """

    def check(self, networks: "Architecture", degradation: "Degradation | None") -> None:
        """Refuse pictures without one hole in the centre."""
        if not isinstance(degradation, CentreMask):
            raise InputError(
                f"{type(self).__name__} needs pictures with a hole in the centre (CentreMask). "
                f"Received: {degradation}."
            )

    def window(self, image_size: int, degradation: "Degradation | None") -> slice:
        """Rows and columns of the hole."""
        assert isinstance(degradation, CentreMask)
        hole = degradation.hole(image_size)
        side = hole.stop - hole.start
        if side < _SMALLEST or side & (side - 1):
            raise InputError(
                f"The side of a hole that the critic sees alone must be a power of two, at least "
                f"{_SMALLEST}: choose --degradation.share or prepare the data with another "
                f"--image-size. Received: {side} of {image_size}."
            )
        return hole


@component
class WholeOutput(CriticView):
    """The generator's whole output, also where the picture was given (Pathak et al. 2016).

    So the authors train with random holes: real pictures against what the decoder draws, nothing of
    the source put into it. The terms of the generator's loss see the same.
    """

    def check(self, networks: "Architecture", degradation: "Degradation | None") -> None:
        """Refuse a generator that does not fill holes."""
        if not networks.fills_holes:
            raise InputError(
                f"{type(self).__name__} needs a generator that fills holes (Inpainting). "
                f"Received: {type(networks).__name__}."
            )

    def fakes(self, network: Any, sources: "tf.Tensor") -> "tf.Tensor":
        """The generator's drawings, before the source's pixels are put into them."""
        return network.drawn(sources, training=True)
