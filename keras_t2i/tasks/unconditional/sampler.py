"""From noise to pictures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.adversarial.unconditional import UnconditionalGAN
from keras_t2i.images.grid import to_uint8
from keras_t2i.pipelines.errors import InputError

_BATCH = 64


@dataclass(frozen=True)
class NoiseSampler:
    """Draws pictures from seeds; a row's picture depends on its seed alone.

    Args:
        gan: Noise to pictures.
    """

    gan: UnconditionalGAN

    def noise(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        """The noise of seeds, float32 (N, noise_dim).

        Args:
            seeds: N whole numbers; the same seed is the same noise.
            truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        """
        if not 0.0 <= truncation <= 1.0:
            raise InputError(f"truncation must lie in [0, 1]. Received: {truncation}.")
        drawn = row_noise(self.gan.latent, tf.constant(seeds, tf.int64), self.gan.noise_dim)
        return self.gan.latent.truncated(drawn, truncation).numpy()

    def decode(self, noise: np.ndarray) -> np.ndarray:
        """Noise (N, noise_dim) to pictures uint8 (N, S, S, 3)."""
        parts = [
            to_uint8(self.gan.sample(tf.constant(noise[start : start + _BATCH])).numpy())
            for start in range(0, len(noise), _BATCH)
        ]
        return np.concatenate(parts)

    def sample(self, seeds: Sequence[int], truncation: float = 1.0) -> np.ndarray:
        """Pictures of seeds: uint8 (N, S, S, 3)."""
        return self.decode(self.noise(seeds, truncation))
