"""Stride-two convolutions whose filter gradient is fast where the picture is small."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_t2i")
class Downsample(keras.layers.Conv2D):
    """4×4 convolution of stride 2 without bias: (N, H, W, C) → (N, H/2, W/2, filters).

    As `keras.layers.Conv2D(filters, 4, 2, "same", use_bias=False)`, with `filter_gradient` for its
    weights. H and W must be even.

    Args:
        filters: Channels of the result.
        **kwargs: Keyword arguments of `keras.layers.Conv2D`.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        kwargs = {**kwargs, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}
        super().__init__(filters, **kwargs)

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        return _down(inputs, tf.cast(self.kernel.value, inputs.dtype))


@keras.saving.register_keras_serializable("keras_t2i")
class Upsample(keras.layers.Conv2DTranspose):
    """4×4 transposed convolution of stride 2 without bias: (N, h, w, C) → (N, 2h, 2w, filters).

    As `keras.layers.Conv2DTranspose(filters, 4, 2, "same", use_bias=False)`, with
    `filter_gradient` for its weights.

    Args:
        filters: Channels of the result.
        **kwargs: Keyword arguments of `keras.layers.Conv2DTranspose`.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        kwargs = {**kwargs, "kernel_size": 4, "strides": 2, "padding": "same", "use_bias": False}
        super().__init__(filters, **kwargs)

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        return enlarged(inputs, tf.cast(self.wide_kernel(), inputs.dtype))

    def wide_kernel(self) -> tf.Tensor:
        """The kernel (4, 4, filters, C)."""
        return self.kernel.value


@tf.custom_gradient
def _down(big: tf.Tensor, kernel: tf.Tensor) -> Any:
    def gradient(small: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _widen(small, kernel), filter_gradient(big, small)

    return tf.nn.conv2d(big, kernel, 2, "SAME"), gradient


@tf.custom_gradient
def enlarged(small: tf.Tensor, kernel: tf.Tensor) -> Any:
    """A transposed convolution of stride 2, with `filter_gradient` for the kernel.

    Args:
        small: Maps (N, h, w, C).
        kernel: Kernel (4, 4, F, C).

    Returns:
        Maps (N, 2h, 2w, F).
    """

    def gradient(big: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.nn.conv2d(big, kernel, 2, "SAME"), filter_gradient(big, small)

    return _widen(small, kernel), gradient


def _widen(small: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    rows = small.shape[0] or tf.shape(small)[0]
    shape = (rows, 2 * small.shape[1], 2 * small.shape[2], kernel.shape[2])
    return tf.nn.conv2d_transpose(small, kernel, shape, 2, "SAME")


def filter_gradient(big: tf.Tensor, small: tf.Tensor) -> tf.Tensor:
    """The gradient by the 4×4 kernel of a stride-two convolution from `big` to `small`.

    It sums over pictures and places. Where a picture has fewer places than the batch has pictures,
    oneDNN's kernel for it is slow; with pictures and channels exchanged it is an ordinary dilated
    convolution over the channels, with `small` as the filter.

    Args:
        big: Input of the convolution, (N, 2h, 2w, C).
        small: Gradient by the convolution's output, (N, h, w, F).

    Returns:
        (4, 4, C, F).
    """
    rows, height, width, filters = small.shape
    channels = big.shape[-1]
    if rows is None or height * width > rows or tf.config.list_physical_devices("GPU"):
        return tf.raw_ops.Conv2DBackpropFilter(
            input=big,
            filter_sizes=[4, 4, channels, filters],
            out_backprop=small,
            strides=[1, 2, 2, 1],
            padding="SAME",
        )
    padding = [[0, 0], [1, 1], [1, 1], [0, 0]]
    exchanged = tf.transpose(big, (3, 1, 2, 0)), tf.transpose(small, (1, 2, 0, 3))
    return tf.transpose(tf.nn.conv2d(*exchanged, 1, padding, dilations=2), (1, 2, 0, 3))
