"""Batches of pictures: levels from 0 to 255 or from −1 to 1, cropped, some at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

_BATCH = 64


def scaled(pictures: Any) -> tf.Tensor:
    """Pictures uint8 to float32 in [−1, 1]."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def to_uint8(images: Any) -> np.ndarray:
    """Pictures in [−1, 1] to uint8, rounded to the nearest level."""
    return np.clip(np.rint((np.asarray(images, "float32") + 1.0) * 127.5), 0, 255).astype("uint8")


def centre_crop(images: np.ndarray, size: int) -> np.ndarray:
    """The middle of pictures (N, s, s, C): (N, size, size, C)."""
    edge = (images.shape[1] - size) // 2
    return np.asarray(images[:, edge : edge + size, edge : edge + size])


def in_batches(function: Callable[..., Any], *columns: Any) -> np.ndarray:
    """A function's results on all rows, some rows at a time.

    Args:
        function: Function from a part of each column, as tensors, to a tensor of as many rows.
        *columns: Arrays or lists of equal length, at least one row.
    """
    total = len(columns[0])
    parts = [
        np.asarray(function(*(tf.constant(c[start : start + _BATCH]) for c in columns)))
        for start in range(0, total, _BATCH)
    ]
    return np.concatenate(parts)
