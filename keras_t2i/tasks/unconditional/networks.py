"""DCGAN's generator (Radford et al. 2015, figure 1); its critic is `PictureDiscriminator`."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.trunks import UpTrunk, normal_init


class PictureGenerator(BuiltByCall, keras.Model):
    """Noise to a picture by 4×4 stride-2 transposed convolutions, BatchNorm and ReLU; tanh at last.

    Args:
        channels: Widths from 4×4 upward to half the picture's size.
    """

    def __init__(self, channels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self._trunk = UpTrunk(channels)
        self._picture = keras.layers.Conv2DTranspose(
            3, 4, 2, "same", kernel_initializer=normal_init()
        )

    def call(self, noise: Any, training: bool = False) -> Any:
        """Noise (N, noise_dim) → images float32 (N, S, S, 3) in [−1, 1]."""
        last = self._trunk(noise, training=training)[-1]
        return ops.tanh(ops.cast(self._picture(last), "float32"))
