"""Distributions of the noise z."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class Gaussian:
    """N(0, 1)."""

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape, a pure function of the (2,) seed."""
        return tf.random.stateless_normal(shape, seed)


@dataclass(frozen=True)
class ClippedGaussian:
    """N(0, 1) truncated at two deviations and clipped to [−1, 1].

    The literal reading of the thesis, "Gaussian noise in the [−1, 1] range".
    """

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape in [−1, 1], a pure function of the (2,) seed."""
        return tf.clip_by_value(tf.random.stateless_truncated_normal(shape, seed), -1.0, 1.0)


@dataclass(frozen=True)
class Uniform:
    """Uniform in [−1, 1] (Radford et al. 2015)."""

    def sample(self, shape: tuple[int, ...], seed: "tf.Tensor") -> "tf.Tensor":
        """float32 noise of the shape, a pure function of the (2,) seed."""
        return tf.random.stateless_uniform(shape, seed, -1.0, 1.0)


Latent = Gaussian | ClippedGaussian | Uniform


def row_noise(latent: Latent, seeds: "tf.Tensor", width: int) -> "tf.Tensor":
    """Noise float32 (N, width): row i is a function of seeds[i] (int64) alone; a graph function."""

    def one(seed: "tf.Tensor") -> "tf.Tensor":
        return latent.sample((width,), tf.stack([seed, tf.zeros_like(seed)]))

    return tf.map_fn(one, seeds, fn_output_signature=tf.TensorSpec((width,), tf.float32))
