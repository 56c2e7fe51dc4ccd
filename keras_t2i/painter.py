"""From captions to pictures: a trained encoder and generator together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.models.conditional_gan import ConditionalGAN
from keras_t2i.pictures.grid import to_uint8
from keras_t2i.text.encoder import TextEncoder
from keras_t2i.text.tokenizer import Tokenizer
from pipelines.errors import InputError

_BATCH = 64


@dataclass(frozen=True)
class Painter:
    """Draws pictures for captions.

    A row's picture depends on its caption and its seed alone, never on the rows beside it.

    Args:
        tokenizer: Captions to tokens.
        encoder: Tokens to embeddings.
        gan: Embeddings and noise to pictures.
    """

    tokenizer: Tokenizer
    encoder: TextEncoder
    gan: ConditionalGAN

    def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """Captions → `embedding` float32 (N, E), `attention` (N, r, n), `mask` and `tokens` (N, n).

        Raises:
            InputError: A caption that is empty or has no known word.
        """
        self.check(captions)
        tokens = self.tokenizer(captions)
        encoded = self.encoder.encode(tf.constant(tokens))
        return {**{k: np.asarray(v) for k, v in encoded.items()}, "tokens": tokens}

    def check(self, captions: Sequence[str]) -> None:
        """Refuse captions that say nothing to the encoder."""
        for number, caption in enumerate(captions, 1):
            if not caption.strip():
                raise InputError(f"Caption {number} is empty; it must have at least one word.")
            words = self.tokenizer.words(caption.lower())
            if len(self.tokenizer.unknown_words(caption)) == len(words):
                known = ", ".join(self.tokenizer.vocabulary[4:12])
                raise InputError(
                    f"Caption {number} has no word that the model knows: {caption[:80]!r}. It "
                    f"knows {len(self.tokenizer.vocabulary) - 4} words, such as {known}."
                )

    def paint(
        self, embedding: np.ndarray, seeds: Sequence[int], truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures of embeddings, a seed a row: uint8 (N, S, S, 3).

        Args:
            embedding: float32 (N, E).
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """
        if not 0.0 <= truncation <= 1.0:
            raise InputError(f"truncation must lie in [0, 1]. Received: {truncation}.")
        pictures = []
        for start in range(0, len(embedding), _BATCH):
            rows = slice(start, start + _BATCH)
            noise = row_noise(
                self.gan.latent, tf.constant(seeds[rows], tf.int64), self.gan.network.noise_dim
            )
            images = self.gan.paint(noise * truncation, tf.constant(embedding[rows], tf.float32))
            pictures.append(to_uint8(images.numpy()))
        return np.concatenate(pictures)
