"""Feature matching."""

from typing import TYPE_CHECKING, ClassVar

from keras_t2i.adversarial.terms import GeneratorTerm
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.chords_to_melody.gan import BarContext


@component
class FeatureMatching(GeneratorTerm):
    """Drawn bars must be like real ones on average (Salimans et al. 2016, section 3.1).

    As in MidiNet (Yang, Chou and Yang 2017, section 3.4), of the data themselves and of the
    critic's first layer.

    Args:
        data_weight: Factor λ₁ of the difference of the data's means.
        feature_weight: Factor λ₂ of the difference of the features' means.
    """

    data_weight: float = 0.1
    feature_weight: float = 1.0
    name: ClassVar[str] = "matching"
    needs: ClassVar[frozenset[str]] = frozenset({"critic features"})

    def __call__(self, context: "BarContext") -> "tf.Tensor":
        """λ₁ ‖E x − E G‖² + λ₂ ‖E f(x) − E f(G)‖²; the norms are sums, as mini-batch means."""
        data = _apart(context.real, context.fakes)
        features = _apart(context.real_features, context.fake_features)
        return self.data_weight * data + self.feature_weight * features


def _apart(one: "tf.Tensor", other: "tf.Tensor") -> "tf.Tensor":
    """The squared distance of two batches' means."""
    return tf.reduce_sum(tf.square(tf.reduce_mean(one, 0) - tf.reduce_mean(other, 0)))
