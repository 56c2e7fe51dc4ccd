"""A GAN conditioned on sentence embeddings, with a matching-aware discriminator (GAN-CLS)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import mean_answers, once
from keras_t2i.adversarial.gan import GAN, GanContext
from keras_t2i.adversarial.latents import Latent
from keras_t2i.networks.traced import traced
from keras_t2i.tasks.text_to_image.networks import Discriminator, Generator
from keras_t2i.tasks.text_to_image.readings import Reading, SentenceReading
from keras_t2i.training.tracked_model import Holder
from keras_t2i.training.train_state import Terms

_NOISE_OTHER, _AUGMENT_OTHER = 3, 4  # streams of random draws beside those of `GanContext`


class CaptionContext(GanContext):
    """Real pictures, fakes for the same captions, and the discriminator's logits of the pairs."""

    model: "ConditionalGAN"

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
        """Fakes (N, S, S, 3) for the captions and the conditioning's KL divergence (N,)."""
        return self.generate(self.embedding, self.drawn_noise(self.model.network.noise_dim))

    @once
    def fakes(self) -> tf.Tensor:
        """Fakes (N, S, S, 3) for the captions."""
        return self.generated[0]

    @once
    def read_embedding(self) -> tf.Tensor:
        """Embeddings that the frozen image encoder reads in the fakes, float32 (N, E).

        Raises:
            ValueError: The GAN has no reader.
        """
        if self.model.reader is None:
            raise ValueError("A term reads the fakes: the GAN needs a `reader`.")
        return self.model.reader(self.fakes)

    @once
    def real_features(self) -> tf.Tensor:
        """The discriminator's features of the real pictures."""
        return self.features(self.shown_real)

    @once
    def real_logits(self) -> tf.Tensor:
        """Real picture, its caption (N,)."""
        return self.score_features(self.real_features, self.embedding)

    @once
    def mismatched_logits(self) -> tf.Tensor:
        """Real picture, another class's caption (N,): a head pass, not a trunk pass."""
        return self.score_features(self.real_features, self.other_embedding)

    def interpolated_logits(self, beta: float) -> tf.Tensor:
        """Fakes for embeddings between two captions, and those embeddings (N,)."""
        between = beta * self.embedding + (1 - beta) * self.other_embedding
        noise = self.drawn_noise(self.model.network.noise_dim, _NOISE_OTHER)
        images, _ = self.generate(between, noise)
        return self.score_pairs(self.augmented(images, _AUGMENT_OTHER), between)

    def generate(self, embedding: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Fakes (N, S, S, 3) and KL divergence (N,) for embeddings."""
        return self.model.network(noise, embedding, training=True)

    def features(self, images: tf.Tensor) -> tf.Tensor:
        """The discriminator's features of pictures."""
        return self.model.discriminator.features(images, training=True)

    def score_features(self, features: tf.Tensor, embedding: tf.Tensor) -> tf.Tensor:
        """The discriminator's logits of features with embeddings (N,)."""
        return self.model.discriminator.score(features, embedding)

    def score_pairs(self, images: tf.Tensor, embedding: tf.Tensor) -> tf.Tensor:
        """The discriminator's logits of pictures with embeddings (N,)."""
        return self.score_features(self.features(images), embedding)

    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The discriminator's logits of pictures with the captions (N,)."""
        return self.score_pairs(images, self.embedding)

    def metrics(self) -> Terms:
        """The discriminator's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(
            real=self.real_logits, mismatched=self.mismatched_logits, fake=self.fake_logits
        )


class ConditionalGAN(GAN[CaptionContext]):
    """GAN-CLS (No's thesis, III.D, eq. 14–16; Reed et al. 2016, algorithm 1), any adversarial loss.

        L_D = ½ (critic(s_r, s_w) + critic(s_r, s_f)) + further terms
        L_G = generator(s_f) + further terms

    s_r, s_w, s_f: logits of real pictures with their caption, with another class's caption, and of
    fakes with the caption that they were made for. Where the loss looks at real and fake apart,
    L_D is the papers' real(s_r) + ½ (fake(s_w) + fake(s_f)).

    Args:
        network: The generator that is trained.
        average: A generator of equal variables.
        discriminator: The critic.
        embedding_mean: Mean, float32 (E,), that is subtracted from embeddings; zeros leave them.
        embedding_deviation: Deviation, float32 (E,), that divides embeddings; ones leave them.
        reader: Network from pictures to embeddings like the captions', frozen: it belongs to no
            player, so that gradients pass through it and none of its variables moves. Only terms
            that read pictures ask for it.
        reading: Reading of captions that the generator takes; by default the embeddings alone.
        example: Tensors of one row that the generator takes beside noise and embedding.
        added: Parts of the discriminator by names that distinguish them from all others. Where a
            state has others, or none, they begin untrained and both optimizers anew.
        **kwargs: Further arguments of `GAN`.
    """

    latent: Latent

    def __init__(
        self,
        *,
        network: Generator,
        average: Generator,
        discriminator: Discriminator,
        embedding_mean: Any,
        embedding_deviation: Any,
        reader: Callable[[tf.Tensor], tf.Tensor] | None = None,
        reading: Reading | None = None,
        example: Sequence[tf.Tensor] = (),
        added: Mapping[str, Sequence[keras.Model]] | None = None,
        **kwargs: Any,
    ) -> None:
        embedding = tf.zeros((1, network.embedding_dim))
        for generator in (network, average):
            images, _ = generator(tf.zeros((1, generator.noise_dim)), embedding, *example)
        discriminator(images, embedding)
        super().__init__(network=network, average=average, discriminator=discriminator, **kwargs)
        self.reader, self.reading = reader, reading or SentenceReading(network.embedding_dim)
        self._added = {
            name: Holder([v for network in networks for v in network.variables])
            for name, networks in (added or {}).items()
        }
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

    def drawing_parts(self) -> dict[str, Any]:
        """The averaged generator, and what embeddings are scaled by."""
        return {**super().drawing_parts(), "scale": Holder([self._mean, self._deviation])}

    def trained_parts(self) -> dict[str, Any]:
        """All that a `GAN` keeps, with the `added` networks as parts of their own."""
        return {**super().trained_parts(), **self.parts_without_added, **self._added}

    @property
    def parts_without_added(self) -> dict[str, Any]:
        """Parts that are taken of a state with other `added` networks, or none.

        The optimizers begin anew: they are to correct the bias of the new parts' first moments.
        """
        added = {id(v) for holder in self._added.values() for v in holder.variables}
        return {"model": Holder([v for v in self.variables if id(v) not in added])}

    @property
    def scale(self) -> list[Any]:
        """Mean and deviation that embeddings are scaled by, float32 (E,) each."""
        return [self._mean.numpy(), self._deviation.numpy()]

    @traced
    def sample(self, noise: tf.Tensor, embedding: tf.Tensor, *others: tf.Tensor) -> tf.Tensor:
        """Pictures of the averaged generator, as a user gets them.

        Args:
            noise: Noise, float32 (N, network.noise_dim).
            embedding: Embeddings, float32 (N, E), as the encoder gives them.
            *others: The other columns of the `reading`, if it has any.

        Returns:
            float32 (N, S, S, 3) in [−1, 1].
        """
        return self.average(noise, self.scaled(embedding), *others, training=False)[0]

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> CaptionContext:
        """The batch with this step's randomness."""
        return CaptionContext(self, batch, self.seed_of(move))

    def critic_loss(self, context: CaptionContext) -> Terms:
        """The matching-aware loss: the mean of that on mismatched pairs and that on fakes."""
        loss, real = self.adversarial_loss, context.real_logits
        mismatched = loss.critic(real, context.mismatched_logits)
        terms = {
            "mismatched" if name == "fake" else name: 0.5 * value
            for name, value in mismatched.items()
        }
        for name, value in loss.critic(real, context.fake_logits).items():
            terms[name] = terms.get(name, 0.0) + 0.5 * value
        return terms
