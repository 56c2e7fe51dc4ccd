"""Further terms of a caption GAN's generator loss."""

from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.text_to_image.gan import CaptionContext


@component
class Interpolation(GeneratorTerm):
    """INT: the generator must also please between two captions (Reed et al. 2016, eq. 5).

    Args:
        beta: Share β of the picture's own caption, in [0, 1].
        weight: Factor of the term.
    """

    beta: Share = 0.5
    weight: float = 1.0
    name: ClassVar[str] = "interpolation"
    needs: ClassVar[frozenset[str]] = frozenset({"captions", "places between captions"})

    def __call__(self, context: "CaptionContext") -> "tf.Tensor":
        """The generator's loss on pictures for embeddings in between."""
        loss, logits = context.model.adversarial_loss, context.interpolated_logits(self.beta)
        return self.weight * tf.add_n(list(context.generator_loss(loss, logits).values()))


@component
class Matching(GeneratorTerm):
    """A fake must fit its own caption better than the batch's other captions, and the reverse.

    Judged by the frozen encoders of pictures and captions that `JointEncoderStage` trained, and by
    their own objective: Xu et al. 2018 ("AttnGAN", 3.2) have the softmax of such scores, DAMSM.

    Args:
        weight: Factor of the term.
    """

    weight: float = 1.0
    name: ClassVar[str] = "matching"
    needs: ClassVar[frozenset[str]] = frozenset({"captions", "image encoder"})

    def __call__(self, context: "CaptionContext") -> "tf.Tensor":
        """The structured joint loss of the fakes and the batch's captions."""
        from keras_t2i.tasks.text_to_image.joint_encoder import structured_joint_loss

        scores = tf.matmul(context.read_embedding, context.batch["caption"], transpose_b=True)
        return self.weight * structured_joint_loss(scores, tf.range(tf.shape(scores)[0]))


@component
class ConditioningDivergence(GeneratorTerm):
    """The KL term of conditioning augmentation (Zhang et al. 2017, "StackGAN", eq. 2).

    Args:
        weight: Factor of the term; large, and captions blur into one; small, and each is a point
            again.
    """

    weight: float = 0.02
    name: ClassVar[str] = "divergence"
    needs: ClassVar[frozenset[str]] = frozenset({"captions", "conditions that are drawn"})

    def __call__(self, context: "CaptionContext") -> "tf.Tensor":
        """The mean divergence of the captions' conditions."""
        return self.weight * tf.reduce_mean(context.generated[1])
