"""Nearest-neighbour enlarging and a convolution, in one product."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.networks.layers.stride_two import Upsample, enlarged


@keras.saving.register_keras_serializable("keras_t2i")
class ResizeConvolution(Upsample):
    """Enlarge twice by nearest neighbour, then convolve 3×3: (N, h, w, C) → (N, 2h, 2w, filters).

    Odena, Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts": all four places that
    a number is enlarged to see the same sum of weights, so what is even stays even; a transposed
    convolution draws it as a checkerboard until it has learned not to. To enlarge and convolve is a
    transposed convolution by the 4×4 kernel k ∗ (1 1; 1 1), which costs 16 products where the
    convolution of the enlarged map costs 36.

    Args:
        filters: Channels of the result.
        **kwargs: Keyword arguments of `keras.layers.Conv2DTranspose`.
    """

    def build(self, input_shape: Any) -> None:
        """Make the kernel (3, 3, filters, C)."""
        self.kernel_size = (3, 3)  # of the weights
        super().build(input_shape)

    def wide_kernel(self) -> tf.Tensor:
        """The kernel (4, 4, filters, C) of the transposed convolution."""
        return widened(self.kernel.value)


@keras.saving.register_keras_serializable("keras_t2i")
class DoubledConvolution(keras.layers.Conv2D):
    """Keras's 3×3 convolution of maps that were doubled by nearest neighbours, at the sides before.

    (N, h, w, C) → (N, 2h, 2w, filters), with the weights that a convolution of the doubled maps
    would have; `ResizeConvolution` holds them mirrored, and has no bias.

    Args:
        filters: Channels of the result.
        **kwargs: Keyword arguments of `keras.layers.Conv2D`.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(filters, **{**kwargs, "kernel_size": 3, "padding": "same"})

    def call(self, inputs: Any) -> Any:
        """Convolve."""
        # A transposed convolution takes its kernel mirrored, with the channels exchanged.
        mirrored = tf.transpose(tf.reverse(self.kernel.value, (0, 1)), (0, 1, 3, 2))
        maps = enlarged(inputs, tf.cast(widened(mirrored), inputs.dtype))
        return maps + tf.cast(self.bias.value, maps.dtype) if self.use_bias else maps


def widened(kernel: tf.Tensor) -> tf.Tensor:
    """The kernel k ∗ (1 1; 1 1): (3, 3, F, C) → (4, 4, F, C)."""
    rows = tf.pad(kernel, [[0, 1], [0, 0], [0, 0], [0, 0]]) + tf.pad(
        kernel, [[1, 0], [0, 0], [0, 0], [0, 0]]
    )
    return tf.pad(rows, [[0, 0], [0, 1], [0, 0], [0, 0]]) + tf.pad(
        rows, [[0, 0], [1, 0], [0, 0], [0, 0]]
    )
