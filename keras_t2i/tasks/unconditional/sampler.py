"""Sampler from noise to pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.adversarial.unconditional import DrawsFromNoise
from keras_t2i.images.batches import in_batches, to_uint8
from keras_t2i.metrics.conditions import Conditions


@dataclass(frozen=True)
class NoiseSampler:
    """Draws pictures from seeds; a row's picture depends on its seed alone.

    Args:
        gan: The model, from noise to pictures.
    """

    gan: DrawsFromNoise

    def noise(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        """The noise of seeds, float32 (N, noise_dim).

        Args:
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """
        drawn = row_noise(self.gan.latent, tf.constant(seeds, tf.int64), self.gan.noise_dim)
        return self.gan.latent.truncated(drawn, truncation).numpy()

    def decode(self, noise: np.ndarray) -> np.ndarray:
        """Noise (N, noise_dim) to pictures uint8 (N, S, S, 3)."""
        return to_uint8(in_batches(self.gan.sample, noise))

    def sample(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        """Pictures of seeds: uint8 (N, S, S, 3)."""
        return self.decode(self.noise(seeds, truncation))

    # What scores ask (`metrics.subject.Generates`).

    @property
    def step(self) -> int:
        """The step of the training that the generator comes from."""
        return self.gan.last_step()

    def fingerprint(self) -> str:
        """sha256 of all weights that are sampled from."""
        return self.gan.fingerprint()

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """A picture for each seed, uint8 (N, S, S, 3); what is asked for is not looked at."""
        return self.sample(seeds)
