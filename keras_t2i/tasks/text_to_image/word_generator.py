"""A generator that the sentence scales and shifts, and that looks at the words."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.conditioning import PlainConditioning
from keras_t2i.networks.layers.resize_convolution import ResizeConvolution
from keras_t2i.networks.layers.word_attention import WordAttention
from keras_t2i.networks.trunks import leaky_relu, normal_init
from keras_t2i.tasks.text_to_image.df_gan import Affine, convolution, fan_in_init


class ModulatedUp(BuiltByCall, keras.layers.Layer):
    """Maps doubled, and to them added what two convolutions make of them, each after a modulation.

        output = double(shortcut(x)) + conv(m₂(resize_conv(m₁(x))))
        m(x) = leaky(γ(c) ⊙ BN(x) + β(c))

    DF-GAN's block (Tao et al. 2022, 3.4) with one affine transformation before a convolution in the
    place of two, and with BatchNorm before it. What they do after doubling, and what acts on each
    place alone, is done before: the same function, at a quarter of the places.

    Args:
        entering: Channels of the maps that come in.
        width: Channels of those that go out.
    """

    def __init__(self, entering: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._norms = [FusedBatchNormalization() for _ in range(2)]
        self._affine = [Affine(entering), Affine(width)]
        self._enlarge = ResizeConvolution(width, kernel_initializer=fan_in_init())
        self._convolve = convolution(width, 3)
        self._shortcut = None if entering == width else convolution(width, 1)
        self._double = keras.layers.UpSampling2D(2)

    def call(self, x: Any, condition: Any, training: bool = False) -> Any:
        """Maps (N, s, s, entering), condition (N, C) → maps (N, 2s, 2s, width)."""
        inner = x
        for layer, norm, affine in zip(
            (self._enlarge, self._convolve), self._norms, self._affine, strict=True
        ):
            inner = layer(leaky_relu(affine(norm(inner, training=training), condition)))
        return inner + self._double(x if self._shortcut is None else self._shortcut(x))


class PlainUp(BuiltByCall, keras.layers.Layer):
    """Maps enlarged as in `self-attention-gan`, which no condition reaches: the cheap layers.

    Nearest neighbours and a 3×3 convolution, BatchNorm, LeakyReLU(0.2).

    Args:
        width: Channels of the maps that go out.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._enlarge = ResizeConvolution(width, kernel_initializer=normal_init())
        self._norm = FusedBatchNormalization()

    def call(self, x: Any, condition: Any, training: bool = False) -> Any:
        """Maps (N, s, s, C) → maps (N, 2s, 2s, width); the condition is left aside."""
        return leaky_relu(self._norm(self._enlarge(x), training=training))


class WordGenerator(BuiltByCall, keras.Model):
    """Noise, sentence and words to a picture.

        h0 = reshape(FC(z))                                      4 × 4 × channels[0]
        `modulated` doublings by `ModulatedUp`, the others by `PlainUp`
        `WordAttention` after the doublings that reach the sides of `attention_sides`
        image = tanh(conv3×3(leaky(·)))                          (N, S, S, 3) in [−1, 1]

    Each block's condition is [z ; c], c being what `conditioning` makes of the embedding e; the
    first maps are made of z alone (Tao et al. 2022). States of words are scaled to a mean square of
    1 first: how large they are depends on the encoder.

    Examples:
        >>> generator = WordGenerator((64, 64, 32, 16, 8), 2, (16,), 32)
        >>> images, _ = generator(noise, embedding, words, weights)  # words (N, n, W)
        >>> images.shape
        (N, 64, 64, 3)

    Args:
        channels: Widths from 4×4 upward; the last map's side is 4 · 2^(len − 1).
        modulated: Number of doublings, from 4×4 upward, that the condition modulates.
        attention_sides: Sides of the maps that look at the words, each one of those after a
            doubling.
        attention_dim: Width of the attention's queries, keys and values.
        latent_dim: Width of the noise z.
        embedding_dim: Width of the embedding.
        conditioning: Layer that makes a condition c of the embedding; by default c is e.
    """

    def __init__(
        self,
        channels: Sequence[int],
        modulated: int,
        attention_sides: Sequence[int],
        attention_dim: int,
        latent_dim: int = 100,
        embedding_dim: int = 128,
        conditioning: keras.Layer | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.latent_dim, self.embedding_dim = latent_dim, embedding_dim
        self.conditioning = conditioning or PlainConditioning(dtype="float32")
        self.image_size = 4 * 2 ** (len(channels) - 1)
        self._first = channels[0]
        self._enter = keras.layers.Dense(16 * channels[0], kernel_initializer=fan_in_init())
        self._blocks = [
            ModulatedUp(entering, width) if number < modulated else PlainUp(width)
            for number, (entering, width) in enumerate(pairwise(channels))
        ]
        sides = [8 * 2**number for number in range(len(self._blocks))]
        self._attentions = [
            WordAttention(width, attention_dim) if side in attention_sides else None
            for side, width in zip(sides, channels[1:], strict=True)
        ]
        self._picture = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=fan_in_init())

    @property
    def noise_dim(self) -> int:
        """Width of the noise: z, then what the conditioning draws with."""
        return self.latent_dim + self.conditioning.noise_dim

    def call(
        self, noise: Any, embedding: Any, words: Any, weights: Any, training: bool = False
    ) -> tuple[Any, Any]:
        """Draw.

        Args:
            noise: Noise, float32 (N, noise_dim).
            embedding: Embeddings, float32 (N, E).
            words: States of the words, float (N, n, W).
            weights: Weights of the words, float32 (N, n) in [0, 1]; 0 is padding.
            training: Whether BatchNorm takes the batch's own statistics.

        Returns:
            float32 images (N, S, S, 3), the conditioning's KL divergence (N,).
        """
        images, divergence, _ = self._drawn(noise, embedding, words, weights, training)
        return images, divergence

    def look(
        self, noise: Any, embedding: Any, words: Any, weights: Any, training: bool = False
    ) -> tuple[Any, list[Any]]:
        """Draw as `call` does, and tell where each side looks.

        Returns:
            float32 images (N, S, S, 3); attention float32 (N, s, s, n) for each of the sides s of
            `attention_sides`, from the smallest; each place's sums to 1.
        """
        images, _, maps = self._drawn(noise, embedding, words, weights, training)
        return images, maps

    def _drawn(
        self, noise: Any, embedding: Any, words: Any, weights: Any, training: bool
    ) -> tuple[Any, Any, list[Any]]:
        z, epsilon = noise[:, : self.latent_dim], noise[:, self.latent_dim :]
        condition, divergence = self.conditioning(embedding, epsilon)
        condition = ops.concatenate([z, condition], axis=-1)
        words = ops.rms_normalization(words, axis=-1, epsilon=1e-6)
        x = ops.reshape(self._enter(z), (-1, 4, 4, self._first))
        maps = []
        for block, attend in zip(self._blocks, self._attentions, strict=True):
            x = block(x, condition, training=training)
            if attend is not None:
                x, attention = attend(x, words, weights)
                side = x.shape[1]
                maps.append(ops.reshape(attention, (-1, side, side, ops.shape(words)[1])))
        images = ops.tanh(ops.cast(self._picture(leaky_relu(x)), "float32"))
        return images, divergence, maps
