"""Ways to follow a velocity from noise to a picture."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

# A velocity of states x (N, …) at a time t, a float32 scalar.
Velocity = Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"]


@component
class Solver(ABC):
    """dx/dt = v(x, t) from t = 0 to 1, in steps of equal length; each solver derives from it.

    Args:
        steps: Number of steps.
    """

    steps: int = 20

    def solve(self, velocity: Velocity, start: "tf.Tensor") -> "tf.Tensor":
        """The state at t = 1 of one at t = 0.

        Args:
            velocity: Function from states (N, …) and a time to velocities of the same shape.
            start: States at t = 0, float32 (N, …).
        """
        length = 1.0 / self.steps

        def one_more(step: "tf.Tensor", x: "tf.Tensor") -> "tuple[tf.Tensor, tf.Tensor]":
            return step + 1, self.step(velocity, x, tf.cast(step, tf.float32) * length, length)

        first = tf.constant(0), start
        return tf.while_loop(
            lambda step, x: step < self.steps,
            one_more,
            first,
            shape_invariants=(tf.TensorShape(()), start.shape),
        )[1]

    @abstractmethod
    def step(
        self, velocity: Velocity, x: "tf.Tensor", time: "tf.Tensor", length: float
    ) -> "tf.Tensor":
        """The states at `time` + `length` of states x (N, …) at `time`."""


@component
class Euler(Solver):
    """x ← x + h v(x, t): one velocity a step, an error of the order of h."""

    def step(
        self, velocity: Velocity, x: "tf.Tensor", time: "tf.Tensor", length: float
    ) -> "tf.Tensor":
        """The states at `time` + `length` of states x (N, …) at `time`."""
        return x + length * velocity(x, time)


@component
class Heun(Solver):
    """x ← x + h (v(x, t) + v(x′, t + h)) / 2, x′ as Euler's: two velocities a step, order h²."""

    def step(
        self, velocity: Velocity, x: "tf.Tensor", time: "tf.Tensor", length: float
    ) -> "tf.Tensor":
        """The states at `time` + `length` of states x (N, …) at `time`."""
        first = velocity(x, time)
        second = velocity(x + length * first, time + length)
        return x + 0.5 * length * (first + second)
