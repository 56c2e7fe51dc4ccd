"""StackGAN's second stage (Zhang et al. 2017, section 3.4)."""

from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.stride_two import Downsample
from keras_t2i.networks.trunks import normal_init
from keras_t2i.tasks.text_to_image.networks import Generator


class NormalizedConvolution(BuiltByCall, keras.layers.Layer):
    """3×3 convolution and BatchNorm."""

    def __init__(self, width: int) -> None:
        super().__init__(autocast=False)
        self._convolution = keras.layers.Conv2D(
            width, 3, padding="same", use_bias=False, kernel_initializer=normal_init()
        )
        self._norm = FusedBatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        """(N, S, S, C) → (N, S, S, width)."""
        return self._norm(self._convolution(x), training=training)


class NormalizedResidual(BuiltByCall, keras.layers.Layer):
    """x + convolution, norm, ReLU, convolution, norm; then ReLU."""

    def __init__(self, width: int) -> None:
        super().__init__(autocast=False)
        self._first, self._second = NormalizedConvolution(width), NormalizedConvolution(width)

    def call(self, x: Any, training: bool = False) -> Any:
        """(N, S, S, width) → the same shape."""
        inner = ops.relu(self._first(x, training=training))
        return ops.relu(x + self._second(inner, training=training))


class SecondGenerator(BuiltByCall, keras.Model):
    """The first stage's picture and the caption again to a larger picture.

    Down to 16×16, the condition beside each place, residual blocks, nearest-neighbour upsampling
    with 3×3 convolutions, which halve the channels. The first stage draws as it was trained;
    nothing of it moves.

    Args:
        first: The first stage's generator.
        conditioning: The layer that makes a condition of the embedding.
        width: Channels at the first stage's size; doubled as the side is halved.
        blocks: Residual blocks; the authors have 2 for pictures of 128 and 4 for 256.
        doublings: Number of times that the first stage's side is doubled; the authors have 2 for
            pictures of 256.
    """

    def __init__(
        self,
        first: Generator,
        conditioning: keras.Layer,
        width: int = 128,
        blocks: int = 2,
        doublings: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        first.trainable = False
        self.first, self.conditioning = first, conditioning
        self.embedding_dim, self._factor = first.embedding_dim, 2**doublings
        halvings = max(0, (first.image_size // 16).bit_length() - 1)
        inner = width * 2**halvings
        self._enter = NormalizedConvolution(width)
        self._down = [
            Downsample(width * 2 ** (i + 1), kernel_initializer=normal_init())
            for i in range(halvings)
        ]
        self._down_norms = [FusedBatchNormalization() for _ in self._down]
        self._join = NormalizedConvolution(inner)
        self._blocks = [NormalizedResidual(inner) for _ in range(blocks)]
        self._up = [
            NormalizedConvolution(max(1, inner // 2 ** (i + 1)))
            for i in range(halvings + doublings)
        ]
        self._picture = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=normal_init())

    @property
    def noise_dim(self) -> int:
        """Width of the noise: the first stage's, then what the conditioning draws with."""
        return self.first.noise_dim + self.conditioning.noise_dim

    @property
    def image_size(self) -> int:
        """Side of the pictures."""
        return self._factor * self.first.image_size

    def small(self, noise: Any, embedding: Any) -> Any:
        """The first stage's pictures (N, s, s, 3), s its side."""
        images, _ = self.first(noise[:, : self.first.noise_dim], embedding, training=False)
        return ops.stop_gradient(images)

    def call(self, noise: Any, embedding: Any, training: bool = False) -> tuple[Any, Any]:
        """Noise (N, noise_dim), embedding (N, E) → float32 images (N, S, S, 3), KL (N,)."""
        epsilon = noise[:, self.first.noise_dim :]
        condition, divergence = self.conditioning(embedding, epsilon)
        x = ops.relu(self._enter(self.small(noise, embedding), training=training))
        for layer, norm in zip(self._down, self._down_norms, strict=True):
            x = ops.leaky_relu(norm(layer(x), training=training), 0.2)
        rows, height, width = ops.shape(x)[0], x.shape[1], x.shape[2]
        everywhere = ops.broadcast_to(
            ops.cast(condition, x.dtype)[:, None, None], (rows, height, width, condition.shape[-1])
        )
        x = ops.concatenate([x, everywhere], -1)
        x = ops.relu(self._join(x, training=training))
        for block in self._blocks:
            x = block(x, training=training)
        for layer in self._up:
            larger = ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
            x = ops.relu(layer(larger, training=training))
        return ops.tanh(ops.cast(self._picture(x), "float32")), divergence
