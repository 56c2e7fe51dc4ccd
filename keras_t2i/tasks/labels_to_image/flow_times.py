"""Distributions of the time t at which a flow's velocity is learned."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Signed
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class TrainingTimes(ABC):
    """Distribution of t in [0, 1]: noise is at 0, a picture at 1. Each is a component."""

    @abstractmethod
    def sample(self, rows: int, seed: "tf.Tensor") -> "tf.Tensor":
        """Times float32 (rows,), a pure function of the (2,) seed."""


@component
class UniformTimes(TrainingTimes):
    """Every time equally often (Lipman et al. 2023, equation 5)."""

    def sample(self, rows: int, seed: "tf.Tensor") -> "tf.Tensor":
        """Times float32 (rows,), a pure function of the (2,) seed."""
        return tf.random.stateless_uniform((rows,), seed)


@component
class LogitNormalTimes(TrainingTimes):
    """Logit-normal times: σ(u), u ~ N(mean, deviation²) (Esser et al. 2024, section 3.1).

    The defaults are those of the paper. Mean 1.2 and deviation 1.2 are the noise levels of Karras
    et al. 2022, table 1: ln((1 − t) / t) is normal with mean −1.2, and half of all times lie above
    0.77, near the picture.

    Args:
        mean: Mean of u; 0 is the middle of the path, and more is nearer to the picture,
            less than 0 nearer to the noise.
        deviation: Standard deviation of u; the larger, the nearer to both ends.
    """

    mean: Signed = 0.0
    deviation: float = 1.0

    def sample(self, rows: int, seed: "tf.Tensor") -> "tf.Tensor":
        """Times float32 (rows,), a pure function of the (2,) seed."""
        return tf.sigmoid(self.mean + self.deviation * tf.random.stateless_normal((rows,), seed))
