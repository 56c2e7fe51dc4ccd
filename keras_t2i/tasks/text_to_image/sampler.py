"""From captions to pictures: a trained encoder and generator together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.images.grid import to_uint8
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
from keras_t2i.text.caption_encoder import CaptionEncoder

_BATCH = 64


@dataclass(frozen=True)
class Sampler(CaptionEncoder):
    """Draws pictures for captions.

    A row's picture depends on its caption and its seed alone, never on the rows beside it.

    Args:
        gan: Embeddings and noise to pictures.
    """

    gan: ConditionalGAN

    def sample(
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
            images = self.gan.sample(noise * truncation, tf.constant(embedding[rows], tf.float32))
            pictures.append(to_uint8(images.numpy()))
        return np.concatenate(pictures)
