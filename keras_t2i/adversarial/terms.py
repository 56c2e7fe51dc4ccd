"""Further terms of a conditional generator's loss, as objects."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.models.conditional_gan import CaptionRound
    from keras_t2i.models.info_gan import InfoRound
    from keras_t2i.models.label_gan import LabelRound
    from keras_t2i.models.midi_net import BarRound
    from keras_t2i.models.translation_gan import TranslationRound


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

    def __call__(self, own: "CaptionRound") -> "tf.Tensor":
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

    def __call__(self, own: "CaptionRound") -> "tf.Tensor":
        """The mean divergence of the captions' conditions."""
        return self.weight * tf.reduce_mean(own.generated[1])


@dataclass(frozen=True)
class Information:
    """The codes must be readable in the fakes (Chen et al. 2016, eq. 5).

    It bounds the mutual information of codes and pictures from below. Both players minimise it: the
    critic's network reads better, the generator writes clearer.

    Args:
        weight: λ.
    """

    weight: float = 1.0
    name: ClassVar[str] = "information"

    def __call__(self, own: "InfoRound") -> "tf.Tensor":
        """−λ E log Q(c | G(z, c)), a normal distribution of deviation 1 for continuous codes."""
        category, value = own.model.latent.codes(own.noise)
        logits, means = own.codes_read
        missed = tf.nn.softmax_cross_entropy_with_logits(category, logits)
        off = 0.5 * tf.reduce_sum(tf.square(value - means), -1)
        return self.weight * tf.reduce_mean(missed + off)


@dataclass(frozen=True)
class Reconstruction:
    """The fake must be the very picture: the mean of |x − G|^p (Isola et al. 2017, eq. 3: p = 1).

    Args:
        weight: λ.
        power: p; 1 or 2.
    """

    weight: float = 100.0
    power: float = 1.0
    name: ClassVar[str] = "reconstruction"

    def __call__(self, own: "TranslationRound") -> "tf.Tensor":
        """λ times the mean over pixels and colours."""
        return self.weight * tf.reduce_mean(tf.abs(own.real - own.fakes) ** self.power)


@dataclass(frozen=True)
class HoleReconstruction:
    """The fake must be the very picture where that was missing (Pathak et al. 2016, eq. 1).

    Args:
        weight: λ.
    """

    weight: float = 999.0
    name: ClassVar[str] = "reconstruction"

    def __call__(self, own: "TranslationRound") -> "tf.Tensor":
        """λ times the mean squared difference over colours and the holes' pixels."""
        mask = own.source[..., 3:]
        missed = tf.reduce_sum(mask * tf.square(own.real - own.fakes))
        return self.weight * missed / tf.maximum(3.0 * tf.reduce_sum(mask), 1.0)


@dataclass(frozen=True)
class FeatureMatching:
    """Drawn ones must be like real ones on average (Salimans et al. 2016, section 3.1).

    As in MidiNet (Yang, Chou and Yang 2017, section 3.4), of the data themselves and of the
    critic's first layer.

    Args:
        data_weight: λ₁.
        feature_weight: λ₂.
    """

    data_weight: float = 0.1
    feature_weight: float = 1.0
    name: ClassVar[str] = "matching"

    def __call__(self, own: "BarRound") -> "tf.Tensor":
        """λ₁ ‖E x − E G‖² + λ₂ ‖E f(x) − E f(G)‖²; the norms are sums, as mini-batch means."""
        data = tf.reduce_mean(own.real, 0) - tf.reduce_mean(own.fakes, 0)
        features = tf.reduce_mean(own.real_features, 0) - tf.reduce_mean(own.fake_features, 0)
        return self.data_weight * tf.reduce_sum(tf.square(data)) + (
            self.feature_weight * tf.reduce_sum(tf.square(features))
        )


@dataclass(frozen=True)
class LabelFeedback:
    """The frozen encoder and label head must find the labels in the fakes (PSC-GAN, eq. 5).

    Args:
        weight: λ₂, factor of the term.
    """

    weight: float = 1.0
    name: ClassVar[str] = "labels"

    def __call__(self, own: "LabelRound") -> "tf.Tensor":
        """The multi-label soft margin loss of what is read in the fakes."""
        from keras_t2i.models.autoencoder import soft_margin

        return self.weight * soft_margin(own.read_logits, own.labels)
