"""Context Encoders' generator (Pathak et al. 2016, section 3.1)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import DownTrunk, UpBlocks, normal_init


class ContextEncoder(BuiltByCall, keras.Model):
    """Fills holes: an encoder, a layer that spreads what is seen over the whole map, a decoder.

    That layer is fully connected within each channel, and a 1×1 convolution mixes the channels.

    Args:
        channels: Widths from S/2 downward to 4×4.
    """

    def __init__(self, channels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._down = DownTrunk(channels)
        self._spread = ChannelwiseDense()
        self._mix = keras.layers.Conv2D(channels[-1], 1)
        self._up = UpBlocks(channels[-2::-1])
        self._picture = keras.layers.Conv2DTranspose(
            3, 4, 2, "same", kernel_initializer=normal_init()
        )

    def call(self, images: Any, training: bool = False) -> Any:
        """Holed pictures and the mask (N, S, S, 4) → filled, float32 (N, S, S, 3) in [−1, 1]."""
        given, mask = images[..., :3], images[..., 3:]
        return given + mask * self.drawn(images, training=training)

    def drawn(self, images: Any, training: bool = False) -> Any:
        """Holed pictures and the mask (N, S, S, 4) → the decoder's whole output, as `call`'s."""
        seen = self._mix(self._spread(self._down(images, training=training)[-1]))
        drawn = self._picture(self._up(ops.relu(seen), training=training)[-1])
        return ops.tanh(ops.cast(drawn, "float32"))


class ChannelwiseDense(keras.Layer):
    """Each channel's map times a matrix of its own: it crosses the picture, not the channels."""

    def build(self, shape: Sequence[int]) -> None:
        """Make the matrices."""
        places = shape[1] * shape[2]
        self.kernel = self.add_weight((shape[3], places, places), "glorot_uniform", name="kernel")

    def call(self, maps: Any) -> Any:
        """Maps (N, h, w, C) → (N, h, w, C)."""
        flat = ops.reshape(maps, (-1, maps.shape[1] * maps.shape[2], maps.shape[3]))
        moved = ops.einsum("npc,cpq->nqc", flat, ops.cast(self.kernel, flat.dtype))
        return ops.reshape(moved, (-1, *maps.shape[1:]))
