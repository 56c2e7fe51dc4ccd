"""DCGAN's discriminator."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import DownTrunk, normal_init


class PictureDiscriminator(BuiltByCall, keras.Model):
    """D: whether a picture is real; it sees no label.

    Args:
        channels: Widths from S/2 downward to 4×4.
        normalized: Whether there is BatchNorm.
    """

    def __init__(self, channels: Sequence[int], normalized: bool = True, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._trunk = DownTrunk(channels, normalized)
        self._score = keras.layers.Dense(1, kernel_initializer=normal_init(), dtype="float32")

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → logits float32 (N,)."""
        last = self._trunk(images, training=training)[-1]
        flat = ops.reshape(last, (-1, last.shape[1] * last.shape[2] * last.shape[3]))
        return self._score(flat)[:, 0]
