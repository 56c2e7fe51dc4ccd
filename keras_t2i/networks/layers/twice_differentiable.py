"""Keras's normalisations, for critics whose gradient is penalised.

Keras's own have a wrong second derivative, since `tf.nn.moments` has: see `moments`. In a graph,
values and first derivatives of the layers here are Keras's, bit by bit.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.networks.layers.own_statistics import OwnStatistics


def moments(x: tf.Tensor, axes: Sequence[int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and variance over axes, which are kept, each of size 1.

    For any c, the mean of (x − c)² is the variance and (mean − c)². TensorFlow takes the mean for
    c, but as a constant. The second term is 0 then and so is its gradient, but not the gradient of
    that: it is put back here.
    """
    mean, variance = tf.nn.moments(x, list(axes), keepdims=True)
    return mean, variance - tf.square(mean - tf.stop_gradient(mean))


@keras.saving.register_keras_serializable("keras_t2i")
class BatchNormalization(OwnStatistics):
    """`keras.layers.BatchNormalization` of the last axis, with scale and offset.

    Args:
        momentum: Decay of the moving statistics.
        epsilon: Small number that is added to the variance.
        **kwargs: Keyword arguments of `keras.layers.Layer`.
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """Normalise (N, …, C); by the batch's own statistics in training."""
        if not (training and self.trainable):
            return super().call(inputs, training=False)
        x = _precise(inputs)
        mean, variance = moments(x, range(x.shape.rank - 1))
        for moving, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + tf.reshape(value, (-1,)) * (1.0 - self.momentum))
        gamma, beta = (tf.cast(weight.value, x.dtype) for weight in (self.gamma, self.beta))
        outputs = tf.nn.batch_normalization(x, mean, variance, beta, gamma, self.epsilon)
        return tf.cast(outputs, self.compute_dtype)


@keras.saving.register_keras_serializable("keras_t2i")
class InstanceNormalization(keras.layers.GroupNormalization):
    """Each channel of each picture on its own (Ulyanov et al. 2016), with scale and offset.

    `keras.layers.GroupNormalization` with a group for each channel.

    Args:
        epsilon: Small number that is added to the variance.
        **kwargs: Keyword arguments of `keras.layers.Layer`.
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "groups": -1, "epsilon": epsilon})

    def call(self, inputs: Any) -> Any:
        """Normalise (N, H, W, C)."""
        x = _precise(inputs)[..., None]  # groups of one channel, so that sums round as Keras's do
        mean, variance = moments(x, (1, 2, 4))
        weights = (weight.value[:, None] for weight in (self.gamma, self.beta))
        gamma, beta = (tf.cast(weight, x.dtype) for weight in weights)
        factor = tf.math.rsqrt(variance + self.epsilon) * gamma
        outputs = x * factor + (-mean * factor + beta)
        return tf.cast(outputs[..., 0], self.compute_dtype)


def _precise(x: Any) -> tf.Tensor:
    """The value in float32, or in float64 as it is: statistics of bfloat16 are too coarse."""
    return tf.cast(x, tf.float64 if x.dtype == tf.float64 else tf.float32)
