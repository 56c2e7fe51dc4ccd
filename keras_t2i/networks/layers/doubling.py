"""Twice the sides of a map, without weights."""

from typing import Any

from keras import ops


def repeated(maps: Any) -> Any:
    """Each pixel as a square of four: (N, h, w, C) → (N, 2h, 2w, C)."""
    _, height, width, channels = maps.shape
    spread = maps[:, :, None, :, None, :] * ops.ones((1, 1, 2, 1, 2, 1), maps.dtype)
    return ops.reshape(spread, (-1, 2 * height, 2 * width, channels))


def interpolated(maps: Any) -> Any:
    """Bilinear interpolation: (N, h, w, C) → (N, 2h, 2w, C)."""
    _, height, width, _ = maps.shape
    # XLA gives the gradient of a bfloat16 map as float32, and adds it to others as it is: a program
    # that StableHLO refuses.
    larger = ops.image.resize(ops.cast(maps, "float32"), (2 * height, 2 * width), "bilinear")
    return ops.cast(larger, maps.dtype)
