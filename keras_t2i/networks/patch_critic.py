"""Critics of pictures that are made from pictures."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.discriminator import PictureDiscriminator
from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.stride_two import Downsample
from keras_t2i.networks.trunks import normal_init


class PatchCritic(BuiltByCall, keras.Model):
    """PatchGAN: a score for each patch of given and judged together (Isola et al. 2017, 6.1.2).

    With three widths a score sees 70×70 pixels.

    Args:
        channels: Widths of the convolutions of stride 2; one of stride 1 follows, twice as wide.
        norm: Function that makes a normalisation layer.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256),
        norm: Callable[[], keras.Layer] = FusedBatchNormalization,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)
        self._down = [Downsample(width, kernel_initializer=normal_init()) for width in channels]
        self._wide = keras.layers.Conv2D(
            2 * channels[-1], 4, padding="same", use_bias=False, kernel_initializer=normal_init()
        )
        self._norms = [norm() for _ in channels]
        self._score = keras.layers.Conv2D(
            1, 4, padding="same", kernel_initializer=normal_init(), dtype="float32"
        )

    def call(self, pictures: tuple[Any, ...], training: bool = False) -> Any:
        """(given, judged) or (judged,), each (N, S, S, …) → logits float32 (N, s, s, 1)."""
        x = ops.concatenate(pictures, -1)
        layers = [*self._down, self._wide]
        for layer, norm in zip(layers, [None, *self._norms], strict=True):
            x = layer(x)
            x = ops.leaky_relu(norm(x, training=training) if norm else x, 0.2)
        return self._score(x)


class UnconditionalCritic(BuiltByCall, keras.Model):
    """A critic of pictures that does not look at the source picture.

    Args:
        channels: Widths from S/2 downward to 4×4.
    """

    def __init__(self, channels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._critic = PictureDiscriminator(channels)

    def call(self, pair: tuple[Any, Any], training: bool = False) -> Any:
        """(given, judged) → logits float32 (N,)."""
        return self._critic(pair[1], training=training)
