"""Further terms of a caption GAN's generator loss."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.text_to_image.gan import CaptionContext


@dataclass(frozen=True)
class Interpolation:
    """INT: the generator must also please between two captions (Reed et al. 2016, eq. 5).

    Args:
        beta: β, the share of the picture's own caption, in [0, 1].
        weight: Factor of the term.
    """

    beta: float = 0.5
    weight: float = 1.0
    name: ClassVar[str] = "interpolation"

    def __call__(self, own: "CaptionContext") -> "tf.Tensor":
        """The generator's loss on pictures for embeddings in between."""
        return self.weight * own.model.loss_object.generator(own.interpolated_logits(self.beta))


@dataclass(frozen=True)
class ConditioningDivergence:
    """The KL term of conditioning augmentation (Zhang et al. 2017, "StackGAN", eq. 2).

    Args:
        weight: Factor; large, and captions blur into one; small, and each is a point again.
    """

    weight: float = 0.02
    name: ClassVar[str] = "divergence"

    def __call__(self, own: "CaptionContext") -> "tf.Tensor":
        """The mean divergence of the captions' conditions."""
        return self.weight * tf.reduce_mean(own.generated[1])
