"""Multi-add residual connections: maps of all scales, added at one (PSC-GAN, figure 3)."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.doubling import repeated


class MultiAddDown(keras.Layer):
    """Adds every map of a shrinking trunk to its last.

    Each is average-pooled to the last map's size and brought to its width by a 1×1 convolution.
    Pooling and a 1×1 convolution commute; pooled first, the convolution costs next to nothing.
    """

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        """Create a 1×1 convolution a map but the last."""
        self._project = _pointwise(shapes, self.dtype_policy)

    def call(self, maps: list[Any]) -> Any:
        """Maps (N, h_i, w_i, C_i), multiples of the last one's size → (N, h, w, C), as the last."""
        last = maps[-1]
        for project, x in zip(self._project, maps[:-1], strict=True):
            factor = x.shape[1] // last.shape[1]
            last = last + project(ops.average_pool(x, factor, factor))
        return last


class MultiAddUp(keras.Layer):
    """Adds every map of a growing trunk to its last.

    Each is brought to the last map's width by a 1×1 convolution and doubled up to its size. That is
    done from scale to scale, each sum being doubled together: the same result as enlarging every
    map alone, without so many maps at full size.

    Args:
        double: Function that doubles the sides of a map (N, h, w, C), without weights.
        **kwargs: Keyword arguments of `keras.Layer`.
    """

    def __init__(self, double: Callable[[Any], Any] = repeated, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._double = double

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        """Create a 1×1 convolution a map but the last."""
        self._project = _pointwise(shapes, self.dtype_policy)

    def call(self, maps: list[Any]) -> Any:
        """Maps (N, h_i, w_i, C_i), each twice the size of the one before → (N, h, w, C)."""
        added = None
        for project, x in zip(self._project, maps[:-1], strict=True):
            own = project(x)
            added = self._double(own if added is None else added + own)
        return maps[-1] if added is None else maps[-1] + added


def _pointwise(
    shapes: list[tuple[int | None, ...]], policy: keras.DTypePolicy
) -> list[keras.layers.Dense]:
    """A 1×1 convolution, a dense layer on the channels, for each map but the last, to its width."""
    layers = [keras.layers.Dense(shapes[-1][-1], use_bias=False, dtype=policy) for _ in shapes[1:]]
    for layer, shape in zip(layers, shapes[:-1], strict=True):
        layer.build(shape)
    return layers
