"""Averages of the generator's weights: what is sampled, evaluated and exported.

BatchNorm's statistics are already averages: they are copied, not averaged again (as in StyleGAN's
training loop).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Average(ABC):
    """The contract of an average."""

    @abstractmethod
    def update(self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor") -> None:
        """Move `average` toward `source`, a network of the same variables.

        Args:
            average: Averaged network, which is sampled from.
            source: Network that is trained.
            step: Number of updates before this one, int64.
        """


@component
class ExponentialAverage(Average):
    """average ← d · average + (1 − d) · weights, as tensorflow-addons' `MovingAverage`.

    Args:
        decay: Decay d, in [0, 1).
        warm_up: Whether to use min(d, (1 + n) / (10 + n)) at step n, so that the random first
            weights are soon forgotten.
    """

    decay: Share = 0.999
    warm_up: bool = True

    def decay_at(self, step: "tf.Tensor") -> "tf.Tensor":
        """The decay of update number `step` (int64, from 0), a float32 scalar."""
        decay = tf.constant(self.decay, tf.float32)
        if not self.warm_up:
            return decay
        n = tf.cast(step, tf.float32)
        return tf.minimum(decay, (1.0 + n) / (10.0 + n))

    def update(self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor") -> None:
        """Move `average` toward `source`, a network of the same variables."""
        share = 1.0 - self.decay_at(step)
        follow(average, source, lambda old, new: old + share * (new - old))


@component
class StochasticWeightAverage(Average):
    """The plain mean of the weights after each step from `start` on (Izmailov et al. 2018).

    Args:
        start: The first step, from 0, whose result is part of the mean; before it, the weights
            themselves are kept.
    """

    start: int = 0

    def update(self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor") -> None:
        """Move `average` toward `source`, a network of the same variables."""
        count = tf.cast(tf.maximum(step - self.start, 0), tf.float32)
        follow(average, source, lambda old, new: old + (new - old) / (count + 1.0))


@component
class NoAverage(Average):
    """The weights themselves."""

    def update(self, average: "keras.Model", source: "keras.Model", step: "tf.Tensor") -> None:
        """Copy `source` to `average`."""
        follow(average, source, lambda old, new: new)


def follow(
    average: "keras.Model",
    source: "keras.Model",
    rule: Callable[["tf.Tensor", "tf.Tensor"], "tf.Tensor"],
) -> None:
    """Set each weight of `average` by the rule (old, new) → value, and copy the statistics.

    The weights are the same on all replicas, so each replica updates its own copy.
    """
    moved = [
        (a.value, s.value)
        for a, s in zip(average.trainable_variables, source.trainable_variables, strict=True)
    ]
    copied = [
        (a.value, s.value)
        for a, s in zip(
            average.non_trainable_variables, source.non_trainable_variables, strict=True
        )
    ]

    def update(strategy: "tf.distribute.Strategy") -> None:
        for target, value in moved:
            strategy.extended.update(target, lambda t, v: t.assign(rule(t, v)), args=(value,))
        for target, value in copied:
            strategy.extended.update(target, lambda t, v: t.assign(v), args=(value,))

    tf.distribute.get_replica_context().merge_call(update)
