"""Generator and discriminator of DF-GAN (Tao et al. 2022): residual, without normalisation."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.resize_convolution import DoubledConvolution
from keras_t2i.networks.layers.stride_two import Downsample
from keras_t2i.networks.trunks import leaky_relu


def fan_in_init() -> keras.initializers.Initializer:
    """U(±1/√fan-in), from which the authors' layers start; one a layer, as Keras seeds it."""
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform")


def convolution(width: int, side: int, bias: bool = True) -> keras.layers.Conv2D:
    """A convolution of stride one that keeps the map's size."""
    return keras.layers.Conv2D(
        width, side, padding="same", use_bias=bias, kernel_initializer=fan_in_init()
    )


class Affine(BuiltByCall, keras.layers.Layer):
    """γ(c) ⊙ x + β(c): each channel scaled and shifted as a condition says (section 3.4).

    γ and β are perceptrons of a hidden layer; at first γ is 1 and β is 0.

    Args:
        width: Channels of the maps, and width of the hidden layers.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._hidden = [
            keras.layers.Dense(width, "relu", kernel_initializer=fan_in_init()) for _ in range(2)
        ]
        self._scale, self._shift = (
            keras.layers.Dense(width, kernel_initializer="zeros", bias_initializer=begin)
            for begin in ("ones", "zeros")
        )

    def call(self, x: Any, condition: Any) -> Any:
        """Maps (N, S, S, width), condition (N, C) → maps of the same shape."""
        scale, shift = (
            last(hidden(condition))[:, None, None]
            for hidden, last in zip(self._hidden, (self._scale, self._shift), strict=True)
        )
        return scale * x + shift


class Fusion(BuiltByCall, keras.layers.Layer):
    """Two affine transformations, LeakyReLU(0.2) after each: the paper's DFBlock (section 3.4).

    Args:
        width: Channels of the maps.
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._affine = [Affine(width) for _ in range(2)]

    def call(self, x: Any, condition: Any) -> Any:
        """Maps (N, S, S, width), condition (N, C) → maps of the same shape."""
        for affine in self._affine:
            x = leaky_relu(affine(x, condition))
        return x


class UpBlock(BuiltByCall, keras.layers.Layer):
    """Maps doubled by nearest neighbours, and to them added what two fusions make of them.

        x = double(x);  output = shortcut(x) + conv(fuse(conv(fuse(x, c)), c))

    What acts on each place alone is done before doubling: the same function, at a quarter of the
    places.

    Args:
        entering: Channels of the maps that come in.
        width: Channels of those that go out.
    """

    def __init__(self, entering: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._double = keras.layers.UpSampling2D(2)
        self._fusions = [Fusion(entering), Fusion(width)]
        first = DoubledConvolution(width, kernel_initializer=fan_in_init())
        self._convolutions = [first, convolution(width, 3)]
        self._shortcut = None if entering == width else convolution(width, 1)

    def call(self, x: Any, condition: Any) -> Any:
        """Maps (N, s, s, entering), condition (N, C) → maps (N, 2s, 2s, width)."""
        inner = x
        for fuse, convolve in zip(self._fusions, self._convolutions, strict=True):
            inner = convolve(fuse(inner, condition))
        return inner + self._double(x if self._shortcut is None else self._shortcut(x))


class DownBlock(BuiltByCall, keras.layers.Layer):
    """Maps halved by averaging, and to them added γ times two convolutions; at first γ is 0.

    Args:
        entering: Channels of the maps that come in.
        width: Channels of those that go out.
    """

    def __init__(self, entering: int, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._halve = Downsample(width, kernel_initializer=fan_in_init())
        self._convolve = convolution(width, 3, bias=False)
        self._shortcut = None if entering == width else convolution(width, 1)
        self._mean = keras.layers.AveragePooling2D(2)
        self._gamma = self.add_weight(shape=(), initializer="zeros", name="gamma")

    def call(self, x: Any) -> Any:
        """Maps (N, S, S, entering) → (N, S/2, S/2, width)."""
        inner = leaky_relu(self._convolve(leaky_relu(self._halve(x))))
        short = x if self._shortcut is None else self._shortcut(x)
        return self._mean(short) + ops.cast(self._gamma, inner.dtype) * inner


class DfGenerator(BuiltByCall, keras.Model):
    """Noise to a picture, in which the sentence and the noise scale and shift every map.

    Each block's condition is [z ; e]; the first maps are made of z alone.

    Examples:
        >>> generator = DfGenerator()
        >>> images, divergence = generator(noise, embedding)  # noise (N, 100)
        >>> images.shape
        (N, 64, 64, 3)

    Args:
        channels: Widths from 4×4 upward; the last map's side is 4 · 2^(len − 1).
        latent_dim: Width of the noise z.
        embedding_dim: Width of the embedding.
    """

    def __init__(
        self,
        channels: Sequence[int] = (256, 256, 128, 64, 32),
        latent_dim: int = 100,
        embedding_dim: int = 128,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.noise_dim, self.embedding_dim = latent_dim, embedding_dim
        self.image_size = 4 * 2 ** (len(channels) - 1)
        self._first = channels[0]
        self._enter = keras.layers.Dense(16 * channels[0], kernel_initializer=fan_in_init())
        self._blocks = [UpBlock(entering, width) for entering, width in pairwise(channels)]
        self._picture = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer=fan_in_init())

    def call(self, noise: Any, embedding: Any, training: bool = False) -> tuple[Any, Any]:
        """Noise (N, Z), embedding (N, E) → float32 images (N, S, S, 3), no divergence (N,)."""
        condition = ops.concatenate([noise, embedding], axis=-1)
        x = ops.reshape(self._enter(noise), (-1, 4, 4, self._first))
        for block in self._blocks:
            x = block(x, condition)
        images = ops.tanh(ops.cast(self._picture(leaky_relu(x)), "float32"))
        return images, ops.zeros_like(embedding[:, 0])


class DfDiscriminator(BuiltByCall, keras.Model):
    """Tells whether a picture is real and shows its caption: one-way output (section 3.3).

        h = conv3×3 of the picture, then `DownBlock`s                        (4, 4, F)
        score = conv4×4(leaky(conv3×3(concat(h, e at each place))))          one logit

    Args:
        channels: Width of the first convolution, then of the maps from S/2 downward to 4×4.
        embedding_dim: Width of the embedding.
        joint_dim: Width of the convolution over features and embedding.
    """

    def __init__(
        self,
        channels: Sequence[int] = (32, 64, 128, 256, 256),
        embedding_dim: int = 128,
        joint_dim: int = 64,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.embedding_dim = embedding_dim
        self._enter = convolution(channels[0], 3)
        self._blocks = [DownBlock(entering, width) for entering, width in pairwise(channels)]
        self._joint = convolution(joint_dim, 3, bias=False)
        # A 4×4 convolution of a 4×4 map is one product with the flattened map.
        self._score = keras.layers.Dense(
            1, use_bias=False, kernel_initializer=fan_in_init(), dtype="float32"
        )

    def features(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → (N, 4, 4, F)."""
        x = self._enter(images)
        for block in self._blocks:
            x = block(x)
        return x

    def score(self, features: Any, embedding: Any, training: bool = True) -> Any:
        """Features (N, 4, 4, F), embedding (N, E) → float32 logits (N,)."""
        spread = ops.broadcast_to(
            ops.cast(embedding, features.dtype)[:, None, None],
            (*ops.shape(features)[:3], self.embedding_dim),
        )
        both = leaky_relu(self._joint(ops.concatenate([features, spread], axis=-1)))
        return self._score(ops.reshape(both, (-1, 16 * both.shape[-1])))[:, 0]

    def call(self, images: Any, embedding: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3), embedding (N, E) → float32 logits (N,)."""
        return self.score(self.features(images, training), embedding, training)
