"""A GAN conditioned on sentence embeddings, with a matching-aware discriminator (GAN-CLS)."""

from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.augmentation import augment
from keras_t2i.adversarial.context import StepContext, once
from keras_t2i.adversarial.gan import GAN, mean_answers
from keras_t2i.tasks.text_to_image.networks import Discriminator, Generator
from keras_t2i.training.train_state import Terms

_NOISE, _AUGMENT_REAL, _AUGMENT_FAKE, _NOISE_OTHER, _AUGMENT_OTHER = range(5)


class CaptionContext(StepContext):
    """Real pictures, fakes for the same captions, and the discriminator's logits of the pairs."""

    def __init__(
        self, model: "ConditionalGAN", batch: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> None:
        super().__init__(batch, seed)
        self.model = model

    @once
    def embedding(self) -> tf.Tensor:
        """The captions' embeddings as the networks take them, float32 (N, E)."""
        return self.model.scaled(self.batch["caption"])

    @once
    def other_embedding(self) -> tf.Tensor:
        """Embeddings of captions that do not fit the pictures, float32 (N, E)."""
        return self.model.scaled(self.batch["mismatched"])

    @once
    def generated(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Fakes (N, S, S, 3) and the conditioning's KL divergence (N,)."""
        return self.generate_from(self.embedding, _NOISE)

    @once
    def real_features(self) -> tf.Tensor:
        """What the discriminator sees in the real pictures."""
        return self.look(self.batch["image"], _AUGMENT_REAL)

    @once
    def real_logits(self) -> tf.Tensor:
        """Real picture, its caption (N,)."""
        return self.model.discriminator.judge(self.real_features, self.embedding)

    @once
    def mismatched_logits(self) -> tf.Tensor:
        """Real picture, another class's caption (N,): a head pass, not a trunk pass."""
        return self.model.discriminator.judge(self.real_features, self.other_embedding)

    @once
    def fake_logits(self) -> tf.Tensor:
        """Fake, the caption that it was made for (N,)."""
        features = self.look(self.generated[0], _AUGMENT_FAKE)
        return self.model.discriminator.judge(features, self.embedding)

    def interpolated_logits(self, beta: float) -> tf.Tensor:
        """Fakes for embeddings between two captions, and those embeddings (N,)."""
        between = beta * self.embedding + (1 - beta) * self.other_embedding
        images, _ = self.generate_from(between, _NOISE_OTHER)
        return self.model.discriminator.judge(self.look(images, _AUGMENT_OTHER), between)

    def generate_from(self, embedding: tf.Tensor, stream: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Fakes and KL divergence for embeddings, from fresh noise."""
        rows = embedding.shape[0] or tf.shape(embedding)[0]
        noise = self.model.latent.sample((rows, self.model.network.noise_dim), self.seed(stream))
        return self.model.network(noise, embedding, training=True)

    def look(self, images: tf.Tensor, stream: int) -> tf.Tensor:
        """The discriminator's features of augmented pictures."""
        images = augment(images, self.model.augmentations, self.seed(stream))
        return self.model.discriminator.features(images, training=True)

    def metrics(self) -> Terms:
        """The discriminator's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(
            real=self.real_logits, mismatched=self.mismatched_logits, fake=self.fake_logits
        )


class ConditionalGAN(GAN):
    """GAN-CLS (thesis III.D, eq. 14–16; Reed et al. 2016, algorithm 1), with any adversarial loss.

        L_D = real(s_r) + ½ (fake(s_w) + fake(s_f)),   L_G = generator(s_f) + further terms

    s_r, s_w, s_f: logits of real pictures with their caption, with another class's caption, and of
    fakes with the caption that they were made for.

    Args:
        network: The generator that is trained.
        average: A generator of equal variables.
        discriminator: The critic.
        embedding_mean: float32 (E,), subtracted from embeddings; zeros leave them.
        embedding_deviation: float32 (E,), divides them; ones leave them.
        **kwargs: Of `GAN`.
    """

    def __init__(
        self,
        *,
        network: Generator,
        average: Generator,
        discriminator: Discriminator,
        embedding_mean: Any,
        embedding_deviation: Any,
        **kwargs: Any,
    ) -> None:
        embedding = tf.zeros((1, network.embedding_dim))
        for generator in (network, average):
            images, _ = generator(tf.zeros((1, generator.noise_dim)), embedding)
        discriminator(images, embedding)
        super().__init__(network=network, average=average, discriminator=discriminator, **kwargs)
        self._mean = self.add_weight(
            shape=(network.embedding_dim,), trainable=False, name="embedding_mean"
        )
        self._deviation = self.add_weight(
            shape=(network.embedding_dim,), trainable=False, name="embedding_deviation"
        )
        self._mean.assign(embedding_mean)
        self._deviation.assign(embedding_deviation)

    def scaled(self, embedding: tf.Tensor) -> tf.Tensor:
        """Embeddings (N, E) as the networks take them."""
        return (embedding - self._mean.value) / self._deviation.value

    @property
    def scale(self) -> list[Any]:
        """What embeddings are scaled by: mean and deviation, float32 (E,) each."""
        return [self._mean.numpy(), self._deviation.numpy()]

    def sample(self, noise: tf.Tensor, embedding: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, as a user gets them.

        Args:
            noise: float32 (N, network.noise_dim).
            embedding: float32 (N, E), as the encoder gives them.

        Returns:
            float32 (N, S, S, 3) in [−1, 1].
        """
        return self.average(noise, self.scaled(embedding), training=False)[0]

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> CaptionContext:
        """The batch with this step's randomness."""
        return CaptionContext(self, batch, self.seed_of(move))

    def critic_terms(self, own: CaptionContext) -> Terms:
        """The matching-aware discriminator's loss."""
        return {
            "real": self.loss_object.real(own.real_logits),
            "mismatched": 0.5 * self.loss_object.fake(own.mismatched_logits),
            "fake": 0.5 * self.loss_object.fake(own.fake_logits),
        }
