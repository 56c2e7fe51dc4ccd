"""Averages of the generator's weights: what is sampled, evaluated and exported."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.lazy import tf

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclass(frozen=True)
class ExponentialAverage:
    """average ← d · average + (1 − d) · weights, as tensorflow-addons' `MovingAverage`.

    BatchNorm's statistics are already averages: they are copied, not averaged again (as in
    StyleGAN's training loop).

    Args:
        decay: d, in [0, 1).
        warm_up: Use min(d, (1 + n) / (10 + n)) at step n, so that the random first weights are
            soon forgotten.
        every: Update at each such step only, with dᵉᵛᵉʳʸ: less traffic for the same memory.
    """

    decay: float = 0.999
    warm_up: bool = True
    every: int = 1

    def decay_at(self, step: "tf.Tensor") -> "tf.Tensor":
        """The decay of the update number `step` (int64, from 0), a float32 scalar."""
        decay = tf.constant(self.decay**self.every, tf.float32)
        if not self.warm_up:
            return decay
        n = tf.cast(step // self.every, tf.float32)
        return tf.minimum(decay, (1.0 + n) / (10.0 + n))

    def update(
        self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor"
    ) -> None:
        """Move `average` toward `source`, a network of the same variables."""
        decay = self.decay_at(step)

        def move() -> None:
            for target, value in zip(
                average.trainable_variables, source.trainable_variables, strict=True
            ):
                target.value.assign_sub((1.0 - decay) * (target.value - value.value))
            copy_statistics(average, source)

        if self.every == 1:
            move()
        elif tf.equal(step % self.every, 0):
            move()


@dataclass(frozen=True)
class StochasticWeightAverage:
    """The plain mean of the weights after each step from `start` on (Izmailov et al. 2018).

    Args:
        start: The first step, from 0, whose result is part of the mean; before it, the weights
            themselves are kept.
    """

    start: int = 0

    def update(
        self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor"
    ) -> None:
        """Move `average` toward `source`, a network of the same variables."""
        count = tf.cast(tf.maximum(step - self.start, 0), tf.float32)
        for target, value in zip(
            average.trainable_variables, source.trainable_variables, strict=True
        ):
            target.value.assign_add((value.value - target.value) / (count + 1.0))
        copy_statistics(average, source)


@dataclass(frozen=True)
class NoAverage:
    """The weights themselves."""

    def update(
        self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor"
    ) -> None:
        """Copy `source` to `average`."""
        for target, value in zip(
            average.trainable_variables, source.trainable_variables, strict=True
        ):
            target.value.assign(value.value)
        copy_statistics(average, source)


def copy_statistics(average: "keras.Model", source: "keras.Model") -> None:
    """Copy what is not trained: BatchNorm's moving statistics."""
    for target, value in zip(
        average.non_trainable_variables, source.non_trainable_variables, strict=True
    ):
        target.value.assign(value.value)
