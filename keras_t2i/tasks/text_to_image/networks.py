"""Generator and discriminator of No's thesis (III.B, III.C)."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.batch_normalization import FusedBatchNormalization
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.layers.conditioning import PlainConditioning
from keras_t2i.networks.layers.enlarging_specs import (
    Convolved,
    EnlargingSpec,
    PictureSpec,
    Transposed,
)
from keras_t2i.networks.layers.text_map_specs import PlacedText, TextMapSpec
from keras_t2i.networks.trunks import DownTrunk, UpTrunk, normal_init


class Generator(BuiltByCall, keras.Model):
    """Noise and an embedding to a picture (No's thesis, III.B, eq. 12).

        g0 = reshape(FC([z ; c]))                                4 × 4 × channels[0]
        blocks: 4×4 stride-2 transposed convolution, BatchNorm, ReLU, a block a further entry
        image = tanh(conv3×3_3(·))                               (N, S, S, 3) in [−1, 1]

    `Resized` and `Enlarged` take the place of the transposed and of the last convolution.

    Examples:
        >>> generator = Generator()
        >>> images, divergence = generator(noise, embedding)  # noise (N, generator.noise_dim)
        >>> images.shape
        (N, 64, 64, 3)

    Args:
        channels: Widths from 4×4 upward; the last map's side is 4 · 2^(len − 1).
        latent_dim: Width of the noise z.
        embedding_dim: Width of the embedding.
        conditioning: The layer that makes a condition c of the embedding.
        enlarging: Layer that enlarges maps.
        picture: Layer that makes a picture of the last map.
    """

    def __init__(
        self,
        channels: Sequence[int] = (768, 384, 192, 96, 48),
        latent_dim: int = 100,
        embedding_dim: int = 128,
        conditioning: keras.Layer | None = None,
        enlarging: EnlargingSpec = Transposed(),  # noqa: B008, it is frozen
        picture: PictureSpec = Convolved(),  # noqa: B008, it is frozen
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.latent_dim, self.embedding_dim = latent_dim, embedding_dim
        self.conditioning = conditioning or PlainConditioning(dtype="float32")
        self._trunk = UpTrunk(channels, enlarging.layer())
        self._scale = picture.scale
        self._picture = picture.layer(enlarging, kernel_initializer=normal_init())

    @property
    def noise_dim(self) -> int:
        """Width of the noise: z, then what the conditioning draws with."""
        return self.latent_dim + self.conditioning.noise_dim

    @property
    def image_size(self) -> int:
        """Side of the pictures."""
        return self._scale * self._trunk.image_size

    def call(self, noise: Any, embedding: Any, training: bool = False) -> tuple[Any, Any]:
        """Noise (N, noise_dim), embedding (N, E) → float32 images (N, S, S, 3), KL (N,)."""
        z, epsilon = noise[:, : self.latent_dim], noise[:, self.latent_dim :]
        condition, divergence = self.conditioning(embedding, epsilon)
        maps = self._trunk(ops.concatenate([z, condition], axis=-1), training=training)
        return ops.tanh(ops.cast(self._picture(maps[-1]), "float32")), divergence


class Discriminator(BuiltByCall, keras.Model):
    """Tells whether a picture is real and shows its caption (No's thesis, III.C, eq. 13).

        h = stride-2 4×4 convolutions, LeakyReLU(0.2), BatchNorm but for the first   (4, 4, F)
        t = reshape(FC(e))                                                    (4, 4, text_dim)
        score = conv4×4(concat(h, t))                                                one logit

    `features` takes the picture, `score` features and embedding: scoring the same picture with
    another caption costs no second pass of the trunk.

    Exactly as written there, the score is linear in concat(h, t), hence a(image) + b(caption): it
    cannot tell a matching pair from a mismatched one. `joint_dim` puts the layer of Reed et al.
    2016 (figure 2: "1×1 convolution followed by rectification") between the two, and with it the
    score depends on both at once.

    `ReplicatedText` and `joint_normalized` make it that of Reed et al. 2016, 4.1, in which t is the
    same at all places and BatchNorm follows every convolution but the first and the last.

    Args:
        channels: Widths from S/2 downward to 4×4; the last is F.
        embedding_dim: Width of the embedding.
        text_dim: Channels of the embedding beside the features.
        joint_dim: Width of the 1×1 convolution over features and text; 0 is as in No's thesis,
            without it.
        text_map: Way in which the embedding is laid beside the features.
        joint_normalized: Whether BatchNorm follows the 1×1 convolution.
        normalized: Whether the trunk has BatchNorm.
        initializer: Function that returns the initializer of a layer.
    """

    def __init__(
        self,
        channels: Sequence[int] = (64, 128, 256, 512),
        embedding_dim: int = 128,
        text_dim: int = 128,
        joint_dim: int = 0,
        text_map: TextMapSpec = PlacedText(),  # noqa: B008, it is frozen
        joint_normalized: bool = False,
        normalized: bool = True,
        initializer: Callable[[], keras.initializers.Initializer] = normal_init,
        **kwargs: Any,
    ) -> None:
        super().__init__(autocast=False, **kwargs)  # each layer casts for itself
        self.text_dim, self._text_map = text_dim, text_map
        self._trunk = DownTrunk(channels, normalized, initializer)
        self._text = keras.layers.Dense(text_map.units(text_dim), kernel_initializer=initializer())
        self._joint = self._joint_norm = None
        if joint_dim:
            self._joint = keras.layers.Dense(
                joint_dim, use_bias=not joint_normalized, kernel_initializer=initializer()
            )
            self._joint_norm = FusedBatchNormalization() if joint_normalized else None
        # A 4×4 convolution of a 4×4 map is one product with the flattened map.
        self._score = keras.layers.Dense(1, kernel_initializer=initializer(), dtype="float32")

    def features(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) in [−1, 1] → (N, 4, 4, F)."""
        return self._trunk(images, training=training)[-1]

    def score(self, features: Any, embedding: Any, training: bool = True) -> Any:
        """Features (N, 4, 4, F), embedding (N, E) → float32 logits (N,)."""
        text = self._text_map.spread(self._text(embedding), self.text_dim)
        both = ops.concatenate([features, text], axis=-1)
        if self._joint is not None:
            both = self._joint(both)
            if self._joint_norm is not None:
                both = self._joint_norm(both, training=training)
            both = ops.leaky_relu(both, 0.2)
        return self._score(ops.reshape(both, (-1, 16 * both.shape[-1])))[:, 0]

    def call(self, images: Any, embedding: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3), embedding (N, E) → float32 logits (N,)."""
        return self.score(self.features(images, training), embedding, training)
