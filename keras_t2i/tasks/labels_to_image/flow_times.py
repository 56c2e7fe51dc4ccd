"""Distributions of the time t at which a flow's velocity is learned."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

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
    """t = σ(u), u ~ N(0, deviation²): the middle of the path more often (Esser et al. 2024, 3.1).

    At both ends the velocity is easily guessed: at 0 it is the mean picture less the noise, at 1
    nearly the picture itself.

    Args:
        deviation: Standard deviation of u; the larger, the nearer to both ends.
    """

    deviation: float = 1.0

    def sample(self, rows: int, seed: "tf.Tensor") -> "tf.Tensor":
        """Times float32 (rows,), a pure function of the (2,) seed."""
        return tf.sigmoid(self.deviation * tf.random.stateless_normal((rows,), seed))
