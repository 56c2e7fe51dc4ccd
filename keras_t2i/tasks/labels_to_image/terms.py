"""PSC-GAN's label feedback."""

from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.labels_to_image.gan import LabelContext


@component
class LabelFeedback(GeneratorTerm):
    """The frozen encoder and label head must find the labels in the fakes (PSC-GAN, eq. 5).

    Args:
        weight: Factor λ₂ of the term.
    """

    weight: float = 1.0
    name: ClassVar[str] = "labels"
    needs: ClassVar[frozenset[str]] = frozenset({"labels"})

    def __call__(self, context: "LabelContext") -> "tf.Tensor":
        """The multi-label soft margin loss of the labels read in the fakes."""
        from keras_t2i.networks.soft_margin import soft_margin

        return self.weight * soft_margin(context.read_logits, context.labels)
