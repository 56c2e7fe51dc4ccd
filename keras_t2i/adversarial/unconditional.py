"""GANs that draw from noise alone: of pictures, or of points."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.augmentation import augment
from keras_t2i.adversarial.context import StepContext, once
from keras_t2i.adversarial.gan import GAN, mean_answers
from keras_t2i.training.tracked_model import fingerprint_of
from keras_t2i.training.train_state import Terms

_NOISE, _AUGMENT_REAL, _AUGMENT_FAKE = range(3)


class UnconditionalContext(StepContext):
    """Real pictures, fakes from noise, and what the critic says of them."""

    def __init__(
        self, model: "UnconditionalGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> None:
        super().__init__(batch, seed)
        self.model = model

    @property
    def real(self) -> tf.Tensor:
        """Real pictures (N, S, S, C) in [−1, 1], or points (N, D)."""
        return self.batch["image"]

    @once
    def noise(self) -> tf.Tensor:
        """Fresh noise (N, noise_dim)."""
        rows = self.real.shape[0] or tf.shape(self.real)[0]
        return self.model.latent.sample((rows, self.model.noise_dim), self.seed(_NOISE))

    @once
    def fakes(self) -> tf.Tensor:
        """As many fakes."""
        return self.model.network(self.noise, training=True)

    @once
    def real_logits(self) -> tf.Tensor:
        """The critic on real pictures."""
        return self.judge(self._augmented(self.real, _AUGMENT_REAL))

    @once
    def augmented_fakes(self) -> tf.Tensor:
        """Fakes as the critic sees them."""
        return self._augmented(self.fakes, _AUGMENT_FAKE)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on fakes."""
        return self.judge(self.augmented_fakes)

    def judge(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures."""
        return self.model.discriminator(images, training=True)

    def _augmented(self, images: tf.Tensor, stream: int) -> tf.Tensor:
        return augment(images, self.model.augmentations, self.seed(stream))

    def metrics(self) -> Terms:
        """The critic's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(real=self.real_logits, fake=self.fake_logits)


class UnconditionalGAN(GAN):
    """A generator of noise against a critic (Goodfellow et al. 2014, and its descendants).

    Args:
        noise_dim: Width of z.
        network: Noise (N, noise_dim) to pictures, built.
        discriminator: Pictures to logits, built.
        **kwargs: Of `GAN`.
    """

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

    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, of noise (N, noise_dim)."""
        return self.average(noise, training=False)

    def last_step(self) -> int:
        """The step that the training has reached."""
        return int(self.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        return fingerprint_of(self.average.get_weights())

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> UnconditionalContext:
        """The batch with this step's randomness."""
        return UnconditionalContext(self, batch, self.seed_of(move))
