"""SRGAN's networks (Ledig et al. 2017, figure 4)."""

from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall


def _convolution(width: int, size: int = 3, stride: int = 1) -> keras.layers.Conv2D:
    return keras.layers.Conv2D(width, size, stride, "same")


class SRResNet(BuiltByCall, keras.Model):
    """SRResNet: residual blocks at the small size, then pixel shuffling, ×2 a time.

    Args:
        factor: Factor by which a side becomes larger; a power of two.
        width: Channels of the convolutions.
        blocks: Number of residual blocks.
    """

    def __init__(self, factor: int = 4, width: int = 64, blocks: int = 16, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._first, self._first_prelu = _convolution(width, 9), _prelu()
        self._blocks = [ResidualBlock(width) for _ in range(blocks)]
        self._last, self._last_norm = _convolution(width), FusedBatchNormalization()
        self._shuffles = [PixelShuffle(width) for _ in range(factor.bit_length() - 1)]
        self._picture = keras.layers.Conv2D(3, 9, padding="same", dtype="float32")

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, s, s, 3) → images float32 (N, factor·s, factor·s, 3), about [−1, 1]."""
        first = x = self._first_prelu(self._first(images))
        for block in self._blocks:
            x = block(x, training=training)
        x = first + self._last_norm(self._last(x), training=training)
        for shuffle in self._shuffles:
            x = shuffle(x)
        return self._picture(x)


class SRGANDiscriminator(BuiltByCall, keras.Model):
    """Eight 3×3 convolutions, every second of stride 2, and two dense layers; sees the large only.

    Args:
        width: Channels at the full size; doubled at each smaller one.
    """

    def __init__(self, width: int = 64, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        plan = [(width * 2 ** (i // 2), 1 + i % 2) for i in range(8)]
        self._convolutions = [_convolution(channels, 3, stride) for channels, stride in plan]
        self._norms = [FusedBatchNormalization() for _ in plan[1:]]
        self._hidden = keras.layers.Dense(16 * width)
        self._score = keras.layers.Dense(1, dtype="float32")

    def call(self, pair: tuple[Any, Any], training: bool = False) -> Any:
        """(given, judged), the latter (N, S, S, 3) → logits float32 (N,)."""
        x = pair[1]
        for convolution, norm in zip(self._convolutions, [None, *self._norms], strict=True):
            x = convolution(x)
            x = ops.leaky_relu(norm(x, training=training) if norm else x, 0.2)
        flat = ops.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))
        return self._score(ops.leaky_relu(self._hidden(flat), 0.2))[:, 0]


class ResidualBlock(BuiltByCall, keras.Model):
    """Convolution, BatchNorm, PReLU, convolution, BatchNorm; and its input added.

    Args:
        width: Channels of the convolutions.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._first, self._second = _convolution(width), _convolution(width)
        self._norms = [FusedBatchNormalization() for _ in range(2)]
        self._prelu = _prelu()

    def call(self, x: Any, training: bool = False) -> Any:
        """Maps (N, h, w, C) → (N, h, w, C)."""
        inner = self._prelu(self._norms[0](self._first(x), training=training))
        return x + self._norms[1](self._second(inner), training=training)


class PixelShuffle(BuiltByCall, keras.Model):
    """Four times the channels become twice the side (Shi et al. 2016).

    Args:
        width: Channels of the result.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._convolution, self._prelu, self._width = _convolution(4 * width), _prelu(), width

    def call(self, x: Any) -> Any:
        """Maps (N, h, w, C) → (N, 2h, 2w, C)."""
        x = self._convolution(x)
        height, breadth = x.shape[1], x.shape[2]
        x = ops.reshape(x, (-1, height, breadth, 2, 2, self._width))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return self._prelu(ops.reshape(x, (-1, 2 * height, 2 * breadth, self._width)))


def _prelu() -> keras.layers.PReLU:
    return keras.layers.PReLU(shared_axes=(1, 2))
