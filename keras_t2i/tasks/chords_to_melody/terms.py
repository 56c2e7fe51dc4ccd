"""Feature matching."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.tasks.chords_to_melody.gan import BarContext


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

    def __call__(self, own: "BarContext") -> "tf.Tensor":
        """λ₁ ‖E x − E G‖² + λ₂ ‖E f(x) − E f(G)‖²; the norms are sums, as mini-batch means."""
        data = tf.reduce_mean(own.real, 0) - tf.reduce_mean(own.fakes, 0)
        features = tf.reduce_mean(own.real_features, 0) - tf.reduce_mean(own.fake_features, 0)
        return self.data_weight * tf.reduce_sum(tf.square(data)) + (
            self.feature_weight * tf.reduce_sum(tf.square(features))
        )
