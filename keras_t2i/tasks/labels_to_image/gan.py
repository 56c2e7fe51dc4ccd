"""PSC-GAN's second stage, and the GANs that it is compared with."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.augmentation import augment
from keras_t2i.adversarial.context import StepContext, once
from keras_t2i.adversarial.gan import GAN, mean_answers
from keras_t2i.networks.discriminator import PictureDiscriminator
from keras_t2i.tasks.labels_to_image.networks import LabelGenerator
from keras_t2i.training.train_state import Terms

_NOISE, _AUGMENT_REAL, _AUGMENT_FAKE = range(3)


class LabelContext(StepContext):
    """Real pictures, fakes with the same labels, and what the critic and the reader say of them."""

    def __init__(self, model: "LabelGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor) -> None:
        super().__init__(batch, seed)
        self.model = model

    @property
    def labels(self) -> tf.Tensor:
        """What the fakes shall show, float32 (N, n)."""
        return self.batch["labels"]

    @once
    def fakes(self) -> tf.Tensor:
        """Pictures (N, S, S, 3) for the labels, from fresh noise."""
        rows = self.labels.shape[0] or tf.shape(self.labels)[0]
        noise = self.model.latent.sample((rows, self.model.network.noise_dim), self.seed(_NOISE))
        return self.model.network(noise, self.labels, training=True)

    @once
    def real_logits(self) -> tf.Tensor:
        """The critic on real pictures (N,)."""
        return self.look(self.batch["image"], _AUGMENT_REAL)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on fakes (N,)."""
        return self.look(self.fakes, _AUGMENT_FAKE)

    @once
    def read_logits(self) -> tf.Tensor:
        """The labels that the frozen reader finds in the fakes, logits (N, n)."""
        return self.model.reader(self.fakes)

    def look(self, images: tf.Tensor, stream: int) -> tf.Tensor:
        """The critic's logits of augmented pictures."""
        images = augment(images, self.model.augmentations, self.seed(stream))
        return self.model.discriminator(images, training=True)

    def metrics(self) -> Terms:
        """The critic's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(real=self.real_logits, fake=self.fake_logits)


class LabelGAN(GAN):
    """A GAN whose generator takes labels and whose critic sees none (PSC-GAN, eq. 4–6).

    Args:
        network: The generator that is trained.
        average: A generator of equal variables.
        discriminator: The critic.
        reader: Pictures to label logits, frozen: it belongs to no player, so that gradients pass
            through it and none of its variables moves. Only terms that read labels ask for it.
        **kwargs: Of `GAN`.
    """

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

    def sample(self, noise: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, float32 (N, S, S, 3) in [−1, 1].

        Args:
            noise: float32 (N, network.noise_dim).
            labels: float32 (N, n).
        """
        return self.average(noise, labels, training=False)

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> LabelContext:
        """The batch with this step's randomness."""
        return LabelContext(self, batch, self.seed_of(move))
