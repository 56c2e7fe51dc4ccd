"""R3GAN with captions: a GAN of one's own, in one file beside the package.

    python -m keras_t2i.fit r3gan-captions --import r3gan_captions.py --run runs/r3gan
    python -m keras_t2i.generate runs/r3gan "a small red bird" --import r3gan_captions.py

Huang et al. 2024, "The GAN is dead; long live the GAN!": a relativistic loss, which compares each
real picture with a fake; R1 and R2, which keep the critic flat at both; residual networks without
any normalisation. Here their critic reads captions too, as GAN-CLS does (Reed et al. 2016).
"""

from collections.abc import Sequence
from dataclasses import field, replace
from typing import Any

import keras
from keras import ops

from keras_t2i import component, register_preset
from keras_t2i.adversarial.losses import AdversarialLoss, RelativisticPairing
from keras_t2i.adversarial.penalties import R1, R2
from keras_t2i.adversarial.terms import Penalty
from keras_t2i.catalogue import preset
from keras_t2i.tasks.text_to_image.caption_stage import CaptionStage
from keras_t2i.tasks.text_to_image.task import TextToImage


class Residual(keras.layers.Layer):
    """x + 1×1, 3×3, 1×1 convolutions with LeakyReLU; the last begins at 0: all is x at first."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._enter = keras.layers.Conv2D(2 * width, 1)
        self._mix = keras.layers.Conv2D(2 * width, 3, padding="same", groups=4)
        self._leave = keras.layers.Conv2D(width, 1, kernel_initializer="zeros")

    def call(self, x: Any) -> Any:
        """(N, S, S, width) → the same shape."""
        inner = ops.leaky_relu(self._enter(x), 0.2)
        return x + self._leave(ops.leaky_relu(self._mix(inner), 0.2))


class R3Generator(keras.Model):
    """Noise and embedding to a picture: a residual block a scale, bilinear upsampling between.

    Args:
        channels: Widths from 4×4 upward; the last is at the picture's size.
        latent_dim: Width of z.
        embedding_dim: Width of the embedding.
    """

    def __init__(
        self, channels: Sequence[int], latent_dim: int, embedding_dim: int, name: str
    ) -> None:
        super().__init__(name=name)
        self.noise_dim, self.embedding_dim = latent_dim, embedding_dim
        self.image_size = 4 * 2 ** (len(channels) - 1)
        self._first = channels[0]
        self._start = keras.layers.Dense(16 * channels[0])
        self._blocks = [Residual(width) for width in channels]
        self._widths = [keras.layers.Conv2D(width, 1) for width in channels[1:]]
        self._up = keras.layers.UpSampling2D(interpolation="bilinear")
        self._picture = keras.layers.Conv2D(3, 1, dtype="float32")

    def call(self, noise: Any, embedding: Any, training: bool = False) -> tuple[Any, Any]:
        """Noise (N, Z), embedding (N, E) → images float32 (N, S, S, 3), no divergence (N,)."""
        x = self._start(ops.concatenate([noise, embedding], -1))
        x = self._blocks[0](ops.reshape(x, (-1, 4, 4, self._first)))
        for width, block in zip(self._widths, self._blocks[1:], strict=True):
            x = block(self._up(width(x)))
        return ops.tanh(self._picture(x)), ops.zeros_like(embedding[:, 0])


class R3Discriminator(keras.Model):
    """A picture and an embedding to a logit, by residual blocks and a product of both.

    Args:
        channels: Widths downward to 4×4.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self._widths = [keras.layers.Conv2D(width, 1) for width in channels]
        self._blocks = [Residual(width) for width in channels]
        self._down = keras.layers.AveragePooling2D(2)
        self._text = keras.layers.Dense(channels[-1])
        self._flat = keras.layers.Dense(channels[-1])
        self._score = keras.layers.Dense(1, dtype="float32")

    def features(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) → (N, F)."""
        x = images
        for width, block in zip(self._widths, self._blocks, strict=True):
            x = self._down(block(width(x)))
        return self._flat(ops.reshape(x, (-1, 16 * x.shape[-1])))

    def score(self, features: Any, embedding: Any) -> Any:
        """Features (N, F), embedding (N, E) → logits float32 (N,)."""
        shown = ops.sum(features * self._text(embedding), -1) / features.shape[-1] ** 0.5
        return self._score(ops.leaky_relu(features, 0.2))[:, 0] + ops.cast(shown, "float32")

    def call(self, images: Any, embedding: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3), embedding (N, E) → logits float32 (N,)."""
        return self.score(self.features(images, training), embedding)


@component
class R3GanStage(CaptionStage):
    """Trains R3GAN on embedded captions.

    Args:
        generator_channels: Widths of the generator's maps, from 4×4 upward.
        discriminator_channels: Widths of the discriminator's maps, downward to 4×4.
        latent_dim: Width of the noise z.
    """

    generator_channels: tuple[int, ...] = (64, 48, 32, 24, 16)
    discriminator_channels: tuple[int, ...] = (16, 32, 48, 64)
    latent_dim: int = 100
    loss: AdversarialLoss = field(default_factory=RelativisticPairing)
    critic_terms: tuple[Penalty, ...] = (R1(1.0), R2(1.0))

    @property
    def generator_side(self) -> int:
        """Side of the generator's pictures."""
        return 4 * 2 ** (len(self.generator_channels) - 1)

    @property
    def discriminator_side(self) -> int:
        """Side of the pictures that the discriminator takes."""
        return 4 * 2 ** len(self.discriminator_channels)

    def generator(self, embedding_dim: int, name: str) -> keras.Model:
        """The residual generator, untrained."""
        return R3Generator(self.generator_channels, self.latent_dim, embedding_dim, name)

    def discriminator(self, embedding_dim: int) -> keras.Model:
        """The residual discriminator, untrained."""
        return R3Discriminator(self.discriminator_channels)


def r3gan_captions() -> TextToImage:
    """For the embedded birds and two cores; the encoder is `self-attention-gan-demo`'s."""
    experiment = preset("self-attention-gan-demo")
    stage = R3GanStage(
        pairs=60_000,
        batch_size=32,
        standardize=True,
        precision="float32",
        interval=250,
        sample_every=500,
    )
    return replace(experiment, name="r3gan-captions", gan=stage)


register_preset("r3gan-captions", r3gan_captions)
