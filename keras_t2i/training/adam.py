"""Adam in one pass over memory, and a rate that falls."""

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("keras_t2i")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam, updating a variable and its moments by TensorFlow's single kernel.

    Keras composes the same update of a dozen elementwise operations, each a trip through memory.
    ε is added where Keras adds it, after the bias
    correction of the second moment is moved into the rate (Kingma and Ba 2015, section 2).

    Args:
        learning_rate: Step size.
        beta_1: Decay of the first moment.
        beta_2: Decay of the second moment.
        epsilon: Small number that is added to the root of the second moment.
        **kwargs: Keyword arguments of `keras.optimizers.Adam`; no `amsgrad`.
    """

    def __init__(
        self,
        learning_rate: Any = 1e-3,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, beta_1, beta_2, epsilon, **kwargs)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """One update of `variable`, a `tf.Variable`."""
        index = self._get_variable_index(variable)
        first, second = self._momentums[index].value, self._velocities[index].value
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=first.handle,
            v=second.handle,
            beta1_power=tf.pow(tf.constant(self.beta_1, tf.float32), step),
            beta2_power=tf.pow(tf.constant(self.beta_2, tf.float32), step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
            use_locking=True,
        )


@keras.saving.register_keras_serializable("keras_t2i")
class HeldThenLinear(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that is held, then falls to 0 on a straight line (Zhu et al. 2017, section 4).

    Args:
        rate: The rate at first.
        steps: Step at which the rate is 0.
        held: Share of the steps until it falls, in [0, 1).
    """

    def __init__(self, rate: float, steps: int, held: float) -> None:
        self.rate, self.steps, self.held = rate, steps, held

    def __call__(self, step: Any) -> tf.Tensor:
        """The rate of a step."""
        left = (self.steps - tf.cast(step, tf.float32)) / (self.steps * (1.0 - self.held))
        return self.rate * tf.clip_by_value(left, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        return {"rate": self.rate, "steps": self.steps, "held": self.held}
