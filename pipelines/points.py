"""Points in the plane, drawn from a mixture of Gaussians: where a GAN's failures can be seen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Unpack

import numpy as np

from .batching import Batch, Batching, BatchOptions
from .lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class Mixture(Protocol):
    """Equally likely round Gaussians."""

    @property
    def deviation(self) -> float:
        """Standard deviation of each."""

    @property
    def centres(self) -> np.ndarray:
        """Centres of the Gaussians, float32 (K, 2)."""


@dataclass(frozen=True)
class Ring:
    """Gaussians on a circle (Metz et al. 2017, section 3.1 and appendix A).

    Args:
        modes: Number of Gaussians.
        radius: Radius of the circle.
        deviation: Standard deviation of each Gaussian.
    """

    modes: int = 8
    radius: float = 2.0
    deviation: float = 0.02

    @property
    def centres(self) -> np.ndarray:
        """Centres of the Gaussians, float32 (K, 2)."""
        angles = 2 * np.pi * np.arange(self.modes) / self.modes
        return (self.radius * np.stack([np.cos(angles), np.sin(angles)], 1)).astype("float32")


@dataclass(frozen=True)
class Grid:
    """Gaussians on a square grid.

    Args:
        side: Number of Gaussians along a side.
        spacing: Distance of neighbours.
        deviation: Standard deviation of each Gaussian.
    """

    side: int = 5
    spacing: float = 1.0
    deviation: float = 0.05

    @property
    def centres(self) -> np.ndarray:
        """Centres of the Gaussians, float32 (K, 2)."""
        line = self.spacing * (np.arange(self.side) - (self.side - 1) / 2)
        return np.stack(np.meshgrid(line, line), -1).reshape(-1, 2).astype("float32")


def mixture_points(
    mixture: Mixture, batch_size: int, **options: Unpack[BatchOptions]
) -> "tf.data.Dataset":
    """An endless dataset of batches of fresh points, each a pure function of seed and step.

    Args:
        mixture: Distribution that they are drawn from.
        batch_size: Points of a global batch, B.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries with `image`, float32 (B / num_shards, 2).
    """
    batching, centres = Batching(batch_size, **options), mixture.centres

    def draw(step: "tf.Tensor") -> Batch:
        base = tf.stack([tf.constant(batching.seed, tf.int64), step])
        pick, move = (tf.random.experimental.stateless_fold_in(base, i) for i in range(2))
        chosen = tf.random.stateless_uniform((batch_size,), pick, 0, len(centres), tf.int32)
        noise = tf.random.stateless_normal((batch_size, 2), move)
        points = tf.gather(centres, chosen) + mixture.deviation * noise
        return {"image": points[batching.shard]}

    return batching.dataset(tf.data.Dataset.range(batching.start_step, tf.int64.max), draw)
