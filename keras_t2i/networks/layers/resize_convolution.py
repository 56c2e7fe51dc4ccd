"""Nearest-neighbour enlarging and a convolution, in one product."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.networks.layers.stride_two import Upsample


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
        kernel = self.kernel.value
        rows = tf.pad(kernel, [[0, 1], [0, 0], [0, 0], [0, 0]]) + tf.pad(
            kernel, [[1, 0], [0, 0], [0, 0], [0, 0]]
        )
        return tf.pad(rows, [[0, 0], [0, 1], [0, 0], [0, 0]]) + tf.pad(
            rows, [[0, 0], [1, 0], [0, 0], [0, 0]]
        )
