"""LAPGAN: a GAN for each octave of a Laplacian pyramid (Denton et al. 2015)."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.adversarial.latents import Joined, Latent
from keras_t2i.adversarial.unconditional import UnconditionalGAN
from keras_t2i.networks.discriminator import PictureDiscriminator
from keras_t2i.networks.layers.built_by_call import BuiltByCall
from keras_t2i.networks.traced import traced
from keras_t2i.training.tracked_model import fingerprint_of
from keras_t2i.training.train_state import Terms


def coarser(images: tf.Tensor) -> tf.Tensor:
    """d: images (N, S, S, C) blurred and halved to (N, S/2, S/2, C).

    It is `tf.image.resize`, bilinear and antialiased, in operations that XLA knows.
    """
    rows = tf.constant(halving(images.shape[1]), images.dtype)
    return tf.einsum("ij,njkc,lk->nilc", rows, images, rows)


@cache
def halving(side: int) -> np.ndarray:
    """The matrix (S/2, S) that blurs a row with a triangle and takes every second value."""
    centres = 2 * np.arange(side // 2)[:, None] + 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(side) - centres) / 2)
    return weights / weights.sum(1, keepdims=True)


def coarsened(images: tf.Tensor, side: int) -> tf.Tensor:
    """d, as often as it takes: images (N, S, S, C) to (N, side, side, C), S/side a power of two."""
    while images.shape[1] > side:
        images = coarser(images)
    return images


def finer(images: tf.Tensor) -> tf.Tensor:
    """u: images (N, S, S, C) smoothly enlarged to (N, 2S, 2S, C)."""
    side = 2 * images.shape[1]
    return tf.image.resize(images, (side, side), "bilinear")


class Refiner(BuiltByCall, keras.Model):
    """G_k: a coarse picture and a plane of noise to the detail that it lacks.

    Convolutions of one scale with ReLU, the last without: detail has either sign.

    Args:
        width: Channels of the convolutions.
        layers: Convolutions before the last.
    """

    def __init__(self, width: int = 64, layers: int = 3, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._convolutions = [
            keras.layers.Conv2D(width, 5, padding="same", activation="relu") for _ in range(layers)
        ]
        self._detail = keras.layers.Conv2D(3, 5, padding="same")

    def call(self, coarse: Any, noise: Any, training: bool = False) -> Any:
        """Coarse (N, S, S, 3), noise (N, S·S) → detail float32 (N, S, S, 3)."""
        side = coarse.shape[1]
        x = ops.concatenate([coarse, ops.reshape(noise, (-1, side, side, 1))], -1)
        for convolution in self._convolutions:
            x = convolution(x)
        return ops.cast(self._detail(x), "float32")


class RefinedCritic(BuiltByCall, keras.Model):
    """D_k: whether a picture's detail is real; it sees the coarse picture beside the whole one.

    The paper's sees their sum alone.

    Args:
        channels: Widths from S/2 downward to 4×4.
    """

    def __init__(self, channels: Sequence[int], **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self._critic = PictureDiscriminator(channels)

    def call(self, coarse: Any, images: Any, training: bool = False) -> Any:
        """Coarse and whole pictures, both (N, S, S, 3) → logits float32 (N,)."""
        return self._critic(ops.concatenate([coarse, images], -1), training=training)


class LaplacianLevelContext(GanContext):
    """Pictures, what is left of them a level below, and the detail that is drawn for that.

    `real` is I_k, (N, S, S, 3) in [−1, 1].
    """

    model: "LaplacianLevelGAN"

    @once
    def coarse(self) -> tf.Tensor:
        """l_k = u(d(I_k)), the same shape."""
        return finer(coarser(self.real))

    @once
    def fakes(self) -> tf.Tensor:
        """l_k + G_k(z, l_k)."""
        noise = self.drawn_noise(self.real.shape[1] ** 2)
        return self.coarse + self.model.network(self.coarse, noise, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures with the coarse ones (N,)."""
        return self.model.discriminator(self.coarse, images, training=True)

    def metrics(self) -> Terms:
        """The critic's mean answers, in [0, 1]; and how much detail there is."""
        detail = {"real": self.real - self.coarse, "fake": self.fakes - self.coarse}
        size = {f"detail/{k}": tf.sqrt(tf.reduce_mean(tf.square(v))) for k, v in detail.items()}
        return super().metrics() | size


class LaplacianLevelGAN(GAN[LaplacianLevelContext]):
    """Adds the detail of one octave (Denton et al. 2015, eq. 2), as a conditional GAN."""

    latent: Latent

    def refine(self, coarse: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        """Coarse pictures (N, S/2, S/2, 3), noise (N, S·S) → (N, S, S, 3)."""
        enlarged = finer(coarse)
        return enlarged + self.average(enlarged, noise, training=False)

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> LaplacianLevelContext:
        """The batch with this step's randomness."""
        return LaplacianLevelContext(self, batch, self.seed_of(move))


class Pyramid(BuiltByCall, keras.Model):
    """The trained levels together: noise to pictures, coarse to fine (eq. 3).

    Args:
        base: GAN from noise to the coarsest pictures.
        levels: GANs of the levels, each twice as large as the one before.
        side: Side of the coarsest pictures, in pixels.
    """

    def __init__(
        self, base: UnconditionalGAN, levels: Sequence[LaplacianLevelGAN], side: int
    ) -> None:
        super().__init__()
        self.base, self.levels, self.side = base, tuple(levels), side
        planes = [(level.latent, (side * 2 ** (i + 1)) ** 2) for i, level in enumerate(self.levels)]
        self.latent = Joined(((base.latent, base.noise_dim), *planes))
        self.built = True

    @property
    def noise_dim(self) -> int:
        """Width of all noise: the base's, then a plane for each level."""
        return sum(width for _, width in self.latent.parts)

    def stack(self, noise: tf.Tensor) -> list[tf.Tensor]:
        """Noise (N, noise_dim) → the picture at each level, coarse to fine."""
        start, side = self.base.noise_dim, self.side
        images = [self.base.sample(noise[:, :start])]
        for level in self.levels:
            side *= 2
            images.append(level.refine(images[-1], noise[:, start : start + side**2]))
            start += side**2
        return images

    @traced
    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """Noise (N, noise_dim) → pictures float32 (N, S, S, 3) in [−1, 1]."""
        return tf.clip_by_value(self.stack(noise)[-1], -1.0, 1.0)

    def last_step(self) -> int:
        """The step that the training of the last level has reached."""
        return int(self.levels[-1].step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from, of all levels."""
        averages = [self.base.average, *(level.average for level in self.levels)]
        return fingerprint_of(weight for each in averages for weight in each.get_weights())
