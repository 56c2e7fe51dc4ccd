"""Sampler from captions to pictures: a trained encoder and generator together."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.images.batches import in_batches, to_uint8
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
from keras_t2i.text.caption_encoder import CaptionEncoder
from keras_t2i.training.tracked_model import fingerprint_of


@dataclass(frozen=True)
class Sampler(CaptionEncoder):
    """Draws pictures for captions.

    A row's picture depends on its caption and its seed alone, never on the rows beside it.

    Args:
        gan: The GAN, from embeddings and noise to pictures.
    """

    gan: ConditionalGAN

    def sample(
        self, embedding: np.ndarray, seeds: Sequence[int], truncation: float = 1.0
    ) -> np.ndarray:
        """Pictures of embeddings and the rows' seeds: uint8 (N, S, S, 3).

        Args:
            embedding: Embeddings, float32 (N, E).
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """

        def drawn(embedding: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            noise = row_noise(self.gan.latent, seeds, self.gan.network.noise_dim)
            return self.gan.sample(noise * truncation, embedding)

        return to_uint8(
            in_batches(drawn, np.asarray(embedding, "float32"), np.asarray(seeds, "int64"))
        )

    def table(self, captions: Sequence[str], seeds: Sequence[int]) -> np.ndarray:
        """Each caption of a data set with each seed: uint8 (captions, seeds, S, S, 3)."""
        embedding = self.read(captions)["embedding"]
        rows = self.sample(
            embedding.repeat(len(seeds), axis=0), [seed for _ in captions for seed in seeds]
        )
        return rows.reshape(len(captions), len(seeds), *rows.shape[1:])

    # What scores ask (`metrics.subject.Generates`).

    @property
    def step(self) -> int:
        """The step of the training that the generator comes from."""
        return int(self.gan.step.numpy())

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        weights = self.encoder.get_weights(), self.gan.average.get_weights(), self.gan.scale
        return fingerprint_of(chain.from_iterable(weights))

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """A picture for the caption and the seed of each condition: uint8 (N, S, S, 3)."""
        return self.sample(self.read(conditions.captions)["embedding"], seeds)
