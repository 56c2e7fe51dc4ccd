"""GANs that draw from noise alone: of pictures, or of points."""

from typing import Any, Protocol

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.adversarial.latents import Latent
from keras_t2i.networks.traced import traced
from keras_t2i.training.tracked_model import fingerprint_of


class DrawsFromNoise(Protocol):
    """A model that draws from noise alone, whatever its parts are."""

    latent: Any

    @property
    def noise_dim(self) -> int:
        """Width of the noise."""
        ...

    def sample(self, noise: Any) -> Any:
        """Noise (N, noise_dim) → pictures float32 (N, S, S, 3) in [−1, 1]."""
        ...

    def last_step(self) -> int:
        """The step of the training that it comes from."""
        ...

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        ...


class UnconditionalContext(GanContext):
    """Real pictures, fakes from noise, and the critic's logits of them."""

    model: "UnconditionalGAN"

    @once
    def noise(self) -> tf.Tensor:
        """Fresh noise (N, noise_dim)."""
        return self.drawn_noise(self.model.noise_dim)

    @once
    def fakes(self) -> tf.Tensor:
        """Fakes, as many as the real pictures."""
        return self.model.network(self.noise, training=True)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures."""
        return self.model.discriminator(images, training=True)


class UnconditionalGAN(GAN[UnconditionalContext]):
    """A generator of noise against a critic (Goodfellow et al. 2014, and its descendants).

    Args:
        noise_dim: Width of the noise z.
        network: Network from noise (N, noise_dim) to pictures, built.
        discriminator: Network from pictures to logits, built.
        **kwargs: Further arguments of `GAN`.
    """

    latent: Latent

    def __init__(
        self,
        *,
        noise_dim: int,
        network: keras.Model,
        discriminator: keras.Model,
        **kwargs: Any,
    ) -> None:
        super().__init__(network=network, discriminator=discriminator, **kwargs)
        self.noise_dim = noise_dim

    @traced
    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, of noise (N, noise_dim)."""
        return self.average(noise, training=False)

    def last_step(self) -> int:
        """The step that the training has reached."""
        return int(self.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        return fingerprint_of(self.average.get_weights())

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> UnconditionalContext:
        """The batch with this step's randomness."""
        return UnconditionalContext(self, batch, self.seed_of(move))
