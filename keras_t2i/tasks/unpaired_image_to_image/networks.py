"""CycleGAN's generator (Zhu et al. 2017, section 7.2; Johnson et al. 2016)."""

from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.twice_differentiable import InstanceNormalization
from keras_t2i.networks.trunks import normal_init


def instance_norm() -> keras.Layer:
    """Each channel of each picture on its own (Ulyanov et al. 2016)."""
    return InstanceNormalization(epsilon=1e-5)


class Reflected(BuiltByCall, keras.Layer):
    """A convolution whose surroundings are the picture's mirror image.

    Args:
        filters: Channels of the result.
        size: Side of the kernel, odd.
        **kwargs: Keyword arguments of `keras.layers.Conv2D`.
    """

    def __init__(self, filters: int, size: int, **kwargs: Any) -> None:
        super().__init__()
        self._around = size // 2
        self._convolution = keras.layers.Conv2D(
            filters, size, kernel_initializer=normal_init(), **kwargs
        )

    def call(self, x: Any) -> Any:
        """(N, S, S, C) → (N, S, S, filters)."""
        around = (self._around, self._around)
        return self._convolution(ops.pad(x, ((0, 0), around, around, (0, 0)), "reflect"))


class ResidualBlock(BuiltByCall, keras.Layer):
    """x + convolution, norm, ReLU, convolution, norm ("R256").

    Args:
        width: Channels of the convolutions.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self._convolutions = [Reflected(width, 3, use_bias=False) for _ in range(2)]
        self._norms = [instance_norm() for _ in range(2)]

    def call(self, x: Any) -> Any:
        """(N, S, S, width) → the same shape."""
        inner = ops.relu(self._norms[0](self._convolutions[0](x)))
        return x + self._norms[1](self._convolutions[1](inner))


class ResidualTranslator(BuiltByCall, keras.Model):
    """Twice smaller by stride 2, residual blocks, twice larger: c7s1-64, d128, d256, R256 …, u64.

    Args:
        width: Channels at full size.
        blocks: Residual blocks: 6 for pictures of 128, 9 for 256 and above.
    """

    def __init__(self, width: int = 64, blocks: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        steps = (2 * width, 4 * width)
        self._first = Reflected(width, 7, use_bias=False)
        self._down = [
            keras.layers.Conv2D(n, 3, 2, "same", use_bias=False, kernel_initializer=normal_init())
            for n in steps
        ]
        self._blocks = [ResidualBlock(4 * width) for _ in range(blocks)]
        self._up = [
            keras.layers.Conv2DTranspose(
                n, 3, 2, "same", use_bias=False, kernel_initializer=normal_init()
            )
            for n in (2 * width, width)
        ]
        self._norms = [instance_norm() for _ in range(5)]
        self._picture = Reflected(3, 7)

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) → images float32 (N, S, S, 3) in [−1, 1]."""
        norms = iter(self._norms)
        x = ops.relu(next(norms)(self._first(images)))
        for layer in self._down:
            x = ops.relu(next(norms)(layer(x)))
        for block in self._blocks:
            x = block(x)
        for layer in self._up:
            x = ops.relu(next(norms)(layer(x)))
        return ops.tanh(ops.cast(self._picture(x), "float32"))
