"""A GAN whose generator also looks at the words of the caption."""

from typing import Any

import tensorflow as tf

from keras_t2i.adversarial.context import once
from keras_t2i.tasks.text_to_image.gan import CaptionContext, ConditionalGAN
from keras_t2i.tasks.text_to_image.readings import WordReading
from keras_t2i.tasks.text_to_image.word_generator import WordGenerator


class WordContext(CaptionContext):
    """A `CaptionContext` with the words of the captions."""

    @once
    def words(self) -> tf.Tensor:
        """States of the captions' words, float32 (N, n, W), 0 on padding."""
        return tf.cast(self.batch["words"], tf.float32)

    @once
    def word_weights(self) -> tf.Tensor:
        """1 for a word, 0 for padding, float32 (N, n): a word's state is never 0 throughout."""
        return tf.cast(tf.reduce_any(tf.not_equal(self.words, 0), -1), tf.float32)

    def generate(self, embedding: tf.Tensor, noise: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Fakes (N, S, S, 3) and KL divergence (N,) for embeddings and the captions' words."""
        return self.model.network(noise, embedding, self.words, self.word_weights, training=True)


class WordGAN(ConditionalGAN):
    """A `ConditionalGAN` of sentences whose generator attends to words.

    The discriminator judges sentences alone, as in GAN-CLS.

    Args:
        word_shape: Number n of words and width W of their states in a batch.
        **kwargs: Arguments of `ConditionalGAN`; its generators are `WordGenerator`s.
    """

    network: WordGenerator
    average: WordGenerator

    def __init__(
        self, *, word_shape: tuple[int, int], network: WordGenerator, **kwargs: Any
    ) -> None:
        count, width = word_shape
        super().__init__(
            network=network,
            reading=WordReading(network.embedding_dim, width),
            example=(tf.zeros((1, count, width)), tf.ones((1, count))),
            **kwargs,
        )

    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> WordContext:
        """The batch with this step's randomness."""
        return WordContext(self, batch, self.seed_of(move))

    def looks(self, noise: tf.Tensor, *reading: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Pictures of the averaged generator, and where each place of its maps looks.

        Args:
            noise: Noise, float32 (N, network.noise_dim).
            *reading: Columns of the `reading`.

        Returns:
            float32 (N, S, S, 3) in [−1, 1]; attention as `WordGenerator.look` gives it.
        """
        embedding, *words = reading
        return self.average.look(noise, self.scaled(embedding), *words)
