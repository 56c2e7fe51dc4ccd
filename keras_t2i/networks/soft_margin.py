"""The multi-label soft margin loss."""

import tensorflow as tf


def soft_margin(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The multi-label soft margin loss (PSC-GAN, eq. 2): the mean over pictures and labels.

    Args:
        logits: Logits, float32 (N, n).
        labels: Labels, float32 (N, n), ones and zeros.
    """
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
