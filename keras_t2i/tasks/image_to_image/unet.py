"""pix2pix's generator (Isola et al. 2017, section 6.1.1)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.stride_two import Downsample, Upsample
from keras_t2i.networks.trunks import normal_init

_DROPPED = 3  # scales, from the smallest upward, whose features are partly left out


class UNet(BuiltByCall, keras.Model):
    """Down by 4×4 convolutions of stride 2 and up again, each scale beside the one that it mirrors.

    The smallest map has no BatchNorm, as in the authors' code since its erratum: with one picture
    of one place it would be set to nothing. At test time the paper keeps dropout and the statistics
    of the batch at hand; here `training=False` turns both off, so that what is served is a function
    of its input alone.

    Args:
        channels: Widths from S/2 downward.
        dropout: Share left out at the smallest scales on the way up, in training.
    """

    def __init__(self, channels: Sequence[int], dropout: float = 0.5, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        up = list(channels[-2::-1])
        self._down = [Downsample(width, kernel_initializer=normal_init()) for width in channels]
        self._down_norms = [FusedBatchNormalization() for _ in channels[1:-1]]
        self._up = [Upsample(width, kernel_initializer=normal_init()) for width in up]
        self._up_norms = [FusedBatchNormalization() for _ in up]
        self._dropout = [keras.layers.Dropout(dropout) for _ in up[:_DROPPED]]
        self._picture = keras.layers.Conv2DTranspose(
            3, 4, 2, "same", kernel_initializer=normal_init()
        )

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, C) → images float32 (N, S, S, 3) in [−1, 1]."""
        x: Any = images
        maps: list[Any] = []
        for layer, norm in zip(self._down, [None, *self._down_norms, None], strict=True):
            x = layer(ops.leaky_relu(x, 0.2) if maps else x)
            x = norm(x, training=training) if norm else x
            maps.append(x)
        drops = [*self._dropout, *[None] * (len(self._up) - len(self._dropout))]
        for layer, norm, drop, skip in zip(
            self._up, self._up_norms, drops, maps[-2::-1], strict=True
        ):
            x = norm(layer(ops.relu(x)), training=training)
            x = drop(x, training=training) if drop else x
            x = ops.concatenate([x, ops.cast(skip, x.dtype)], -1)
        return ops.tanh(ops.cast(self._picture(ops.relu(x)), "float32"))
