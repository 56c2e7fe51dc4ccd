"""PSC-GAN's second stage, and the GANs that it is compared with."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.context import once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.adversarial.latents import Latent
from keras_t2i.networks.discriminator import PictureDiscriminator
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.labels_to_image.networks import LabelGenerator
from keras_t2i.training.tracked_model import fingerprint_of


class LabelContext(GanContext):
    """Real pictures, fakes with the same labels, and the logits of critic and reader."""

    model: "LabelGAN"

    @property
    def labels(self) -> tf.Tensor:
        """Labels that the fakes shall show, float32 (N, n)."""
        return self.batch["labels"]

    @once
    def fakes(self) -> tf.Tensor:
        """Pictures (N, S, S, 3) for the labels, from fresh noise."""
        noise = self.drawn_noise(self.model.network.noise_dim)
        return self.model.network(noise, self.labels, training=True)

    @once
    def read_logits(self) -> tf.Tensor:
        """The labels that the frozen reader finds in the fakes, logits (N, n).

        Raises:
            ValueError: The GAN has no reader.
        """
        if self.model.reader is None:
            raise ValueError("A term reads the labels of fakes: the GAN needs a `reader`.")
        return self.model.reader(self.fakes)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures (N,); it sees no labels."""
        return self.model.discriminator(images, training=True)


class LabelGAN(GAN[LabelContext]):
    """A GAN whose generator takes labels and whose critic sees none (PSC-GAN, eq. 4–6).

    Args:
        network: The generator that is trained.
        average: A generator of equal variables.
        discriminator: The critic.
        reader: Network from pictures to label logits, frozen: it belongs to no player, so that
            gradients pass through it and none of its variables moves. Only terms that read labels
            ask for it.
        **kwargs: Further arguments of `GAN`.
    """

    latent: Latent

    def __init__(
        self,
        *,
        network: LabelGenerator,
        average: LabelGenerator,
        discriminator: PictureDiscriminator,
        reader: Callable[[tf.Tensor], tf.Tensor] | None,
        **kwargs: Any,
    ) -> None:
        for generator in (network, average):
            images = generator(
                tf.zeros((1, generator.noise_dim)), tf.zeros((1, generator.label_dim))
            )
        discriminator(images)
        super().__init__(network=network, average=average, discriminator=discriminator, **kwargs)
        self.reader = reader

    @property
    def noise_dim(self) -> int:
        """Width of the noise."""
        return self.network.noise_dim

    @property
    def label_dim(self) -> int:
        """Number of labels n; 0 of a generator of noise alone."""
        return self.network.label_dim

    @property
    def image_size(self) -> int:
        """Side S of the pictures."""
        return self.network.decoder.image_size

    def fingerprint(self) -> str:
        """sha256 of the averaged generator's weights."""
        return fingerprint_of(self.average.get_weights())

    def latents(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """The decoder's latents float32 (N, L), of noise (N, noise_dim) and labels (N, n)."""
        return self.average.latent(noise, labels)

    @traced
    def sample(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, float32 (N, S, S, 3) in [−1, 1].

        Args:
            noise: Noise, float32 (N, network.noise_dim).
            labels: Logits, float32 (N, n).
        """
        return self.average(noise, labels, training=False)

    @traced
    def decode(self, latents: tf.Tensor) -> tf.Tensor:
        """Pictures float32 (N, S, S, 3) of the averaged generator's decoder, of latents (N, L)."""
        return self.average.decoder(latents)

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> LabelContext:
        """The batch with this step's randomness."""
        return LabelContext(self, batch, self.seed_of(move))
