"""Guided back-propagation: what in a picture a filter answers to (Springenberg et al. 2015)."""

from typing import Any

import tensorflow as tf

from keras_t2i.networks.trunks import DownTrunk, leaky_relu


@tf.custom_gradient
def guided_leaky_relu(x: tf.Tensor) -> Any:
    """LeakyReLU(0.2) whose gradient is guided (Springenberg et al. 2015, section 3.4).

    Backwards passes what is positive, at places where the input was positive; everything else is
    0. Their rule is that of a ReLU. A LeakyReLU's slope of 0.2 at negative inputs is left out,
    since what it lets through speaks against the feature.
    """

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        return tf.where(x > 0, tf.nn.relu(upstream), tf.zeros_like(upstream))

    return leaky_relu(x), gradient


def responses(trunk: DownTrunk, images: tf.Tensor) -> tf.Tensor:
    """The strongest answer of each feature of the last convolution, float32 (N, C).

    Args:
        trunk: The convolutions of a discriminator, in inference.
        images: Pictures float32 (N, S, S, 3) in [−1, 1].
    """
    return tf.reduce_max(tf.cast(trunk(images, training=False)[-1], tf.float32), (1, 2))


def guided_gradient(trunk: DownTrunk, images: tf.Tensor, feature: int) -> tf.Tensor:
    """The guided gradient of a feature's strongest answer by the pixels, float32 (N, S, S, 3).

    Args:
        trunk: The convolutions of a discriminator, in inference.
        images: Pictures float32 (N, S, S, 3) in [−1, 1].
        feature: Channel of the last convolution.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        last = trunk.maps(images, guided_leaky_relu)[-1][..., feature]
        strongest = tf.reduce_max(last, (1, 2))
    return tf.cast(tape.gradient(strongest, images), tf.float32)
