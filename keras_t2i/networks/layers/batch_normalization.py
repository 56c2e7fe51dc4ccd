"""BatchNorm in one kernel."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.networks.layers.own_statistics import OwnStatistics


@keras.saving.register_keras_serializable("keras_t2i")
class FusedBatchNormalization(OwnStatistics):
    """Keras's `BatchNormalization` of (N, H, W, C) maps, trained by TensorFlow's fused kernel.

    Keras casts a bfloat16 map to float32 and back and composes the rest of elementwise operations;
    the kernel reads the map as it is, with statistics in float32.

    Args:
        momentum: Decay of the moving statistics.
        epsilon: Small number that is added to the variance.
        **kwargs: Keyword arguments of `keras.layers.BatchNormalization`.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Normalise (N, H, W, C); by the batch's own statistics in training."""
        if not (training and self.trainable):
            return super().call(inputs, training=False)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=tf.constant([], tf.float32),
            variance=tf.constant([], tf.float32),
            epsilon=self.epsilon,
        )
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.value.assign_sub((moving.value - value) * (1.0 - self.momentum))
        return outputs
