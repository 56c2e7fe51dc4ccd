"""Twice the sides of a map, without weights."""

from typing import Any

from keras import ops


def repeated(maps: Any) -> Any:
    """Each pixel as a square of four: (N, h, w, C) → (N, 2h, 2w, C)."""
    _, height, width, channels = maps.shape
    spread = maps[:, :, None, :, None, :] * ops.ones((1, 1, 2, 1, 2, 1), maps.dtype)
    return ops.reshape(spread, (-1, 2 * height, 2 * width, channels))


def interpolated(maps: Any) -> Any:
    """Bilinear interpolation: (N, h, w, C) → (N, 2h, 2w, C).

    A new pixel's middle lies a quarter of an old pixel from that of the old one that it is part of:
    it has three quarters of that one and a quarter of the next; at the edge, all of that one.
    """
    _, height, width, channels = maps.shape
    rows = ops.stack(_halves(maps, 1), axis=2)
    tall = ops.reshape(rows, (-1, 2 * height, width, channels))
    columns = ops.stack(_halves(tall, 2), axis=3)
    return ops.reshape(columns, (-1, 2 * height, 2 * width, channels))


def _halves(maps: Any, axis: int) -> tuple[Any, Any]:
    """Both halves of each pixel along an axis."""
    first, but_first = ops.split(maps, [1], axis)
    but_last, last = ops.split(maps, [maps.shape[axis] - 1], axis)
    own = 0.75 * maps
    return (
        own + 0.25 * ops.concatenate([first, but_last], axis),
        own + 0.25 * ops.concatenate([but_first, last], axis),
    )
