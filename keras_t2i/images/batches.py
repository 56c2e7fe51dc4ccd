"""Pictures in batches."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

_BATCH = 64


def scaled(pictures: tf.Tensor) -> tf.Tensor:
    """Pictures uint8 to float32 in [−1, 1]."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def in_batches(function: Callable[[tf.Tensor], tf.Tensor], rows: np.ndarray) -> np.ndarray:
    """The function on all rows, some at a time."""
    parts = [
        function(tf.constant(rows[start : start + _BATCH])).numpy()
        for start in range(0, len(rows), _BATCH)
    ]
    return np.concatenate(parts)
