"""The network of a flow: a U-Net from a noisy picture, a time and labels to a velocity."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.resize_convolution import ResizeConvolution
from keras_t2i.networks.layers.stride_two import Downsample
from keras_t2i.networks.trunks import he_init
from keras_t2i.tasks.labels_to_image.flow_sizes import GROUPS

DEVIATION = 0.5  # of pixels in [−1, 1], about
_FREQUENCIES = 64  # of the time, each as sine and cosine


class VelocityNetwork(BuiltByCall, keras.Model):
    """v(x, t, y): a U-Net of residual blocks that time and labels scale and shift.

    The U-Net U has the shape of those of diffusion models (Ho et al. 2020, appendix B; Dhariwal and
    Nichol 2021, section 3), without attention and in small. It stands between factors, those of
    Karras et al. 2022, section 5, carried over to the straight path:

        v(x, t, y) = (t d² − (1 − t)) / s² · x + d / s · U(x / s, t, y),    s² = (1 − t)² + (t d)²

    Of independent pixels with mean 0 and deviation d the first term is the exact velocity, and at
    every t both what U sees and what it should answer have variance 1. U starts at 0.

    Args:
        image_size: Side S of the pictures.
        label_dim: Number of labels n.
        channels: Widths from S / patch downward, each at half the side of the one before.
        blocks: Residual blocks a scale, on the way down and on the way up.
        patch: Side of the squares of pixels that are one place of the first map.
    """

    def __init__(
        self,
        image_size: int,
        label_dim: int,
        channels: Sequence[int],
        blocks: int = 2,
        patch: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.image_size, self.label_dim, self._patch = image_size, label_dim, patch
        self._condition = Condition(2 * channels[0])
        self._first = keras.layers.Conv2D(channels[0], 3, padding="same")
        self._down = [[FilmBlock(width) for _ in range(blocks)] for width in channels]
        self._shrink = [Downsample(width, kernel_initializer=he_init()) for width in channels[1:]]
        self._up = [
            [FilmBlock(width, projected=block == 0) for block in range(blocks)]
            for width in channels[-2::-1]
        ]
        self._enlarge = [
            ResizeConvolution(width, kernel_initializer=he_init()) for width in channels[-2::-1]
        ]
        self._norm = normalization()
        self._last = keras.layers.Conv2D(
            3 * patch**2, 3, padding="same", kernel_initializer="zeros"
        )

    def call(self, images: Any, times: Any, labels: Any) -> Any:
        """States (N, S, S, 3), times (N,) in [0, 1], labels (N, n) → velocities float32."""
        t = ops.reshape(times, (-1, 1, 1, 1))
        deviation = ops.sqrt(ops.square(1.0 - t) + ops.square(t * DEVIATION))
        linear = (t * DEVIATION**2 - (1.0 - t)) / ops.square(deviation) * images
        return linear + DEVIATION / deviation * self._maps(images / deviation, times, labels)

    def _maps(self, images: Any, times: Any, labels: Any) -> Any:
        """U of states (N, S, S, 3) of variance 1: float32 of the same shape."""
        condition = self._condition(times, labels)
        x, skips = self._first(as_depth(images, self._patch)), []
        for place, blocks in enumerate(self._down):
            if place:
                x = self._shrink[place - 1](x)
            for block in blocks:
                x = block(x, condition)
            skips.append(x)
        skips.pop()  # of the smallest scale, from which the way up begins
        for enlarge, blocks in zip(self._enlarge, self._up, strict=True):
            x = ops.concatenate([enlarge(x), skips.pop()], axis=-1)
            for block in blocks:
                x = block(x, condition)
        last = self._last(ops.silu(self._norm(x)))
        return ops.cast(as_places(last, self._patch), "float32")


class Condition(BuiltByCall, keras.Layer):
    """Time and labels as one vector, by sines and cosines of the time and two dense layers.

    Args:
        width: Width of the vector.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self._time = keras.layers.Dense(width, dtype="float32")
        self._labels = keras.layers.Dense(width, use_bias=False, dtype="float32")
        self._joint = keras.layers.Dense(width, dtype="float32")

    def call(self, times: Any, labels: Any) -> Any:
        """Times (N,) in [0, 1], labels (N, n) → vectors float32 (N, width)."""
        given = self._time(time_features(times)) + self._labels(labels)
        return ops.silu(self._joint(ops.silu(given)))


class FilmBlock(BuiltByCall, keras.Layer):
    """A residual block whose normalised maps a condition scales and shifts.

    Perez et al. 2018, "FiLM"; of a group normalisation, Dhariwal and Nichol 2021, equation 6. The
    second convolution starts at 0, so that the block starts as the identity.

    Args:
        width: Channels of the result.
        projected: Whether a 1×1 convolution brings the maps to that width before the result is
            added; else they have it.
    """

    def __init__(self, width: int, projected: bool = False, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._norms = [normalization(), normalization()]
        self._first = keras.layers.Conv2D(
            width, 3, padding="same", use_bias=False, kernel_initializer=he_init()
        )
        self._film = keras.layers.Dense(2 * width, dtype="float32")
        self._second = keras.layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros")
        self._project = keras.layers.Dense(width, use_bias=False) if projected else None

    def call(self, maps: Any, condition: Any) -> Any:
        """Maps (N, h, w, C), condition (N, W) → maps (N, h, w, width)."""
        scale, shift = ops.split(self._film(condition)[:, None, None, :], 2, axis=-1)
        x = self._first(ops.silu(self._norms[0](maps)))
        x = self._second(ops.silu(self._norms[1](x) * (1.0 + scale) + shift))
        return x + (self._project(maps) if self._project else maps)


def normalization() -> keras.layers.GroupNormalization:
    """Group normalisation (Wu and He 2018), its statistics in float32."""
    return keras.layers.GroupNormalization(GROUPS, dtype="float32")


def time_features(times: Any) -> Any:
    """Sines and cosines of times (N,): float32 (N, 128); periods of 2π/1000 up to 20π.

    Vaswani et al. 2017, section 3.5, of 1000 t.
    """
    places = ops.arange(_FREQUENCIES, dtype="float32") / _FREQUENCIES
    angles = 1000.0 * times[:, None] * ops.exp(-math.log(10000.0) * places)
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def as_depth(images: Any, patch: int) -> Any:
    """Squares of pixels as channels: (N, H, W, C) → (N, H/patch, W/patch, patch² C)."""
    return images if patch == 1 else tf.nn.space_to_depth(images, patch)


def as_places(maps: Any, patch: int) -> Any:
    """The reverse of `as_depth`: (N, h, w, patch² C) → (N, patch h, patch w, C)."""
    return maps if patch == 1 else tf.nn.depth_to_space(maps, patch)
