"""The training loop: intervals of steps, with Keras's callbacks at their ends."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import keras

from keras_t2i.training.cluster import agreed, of_chief, shard
from keras_t2i.training.stage import Training
from keras_t2i.training.steps import Steps

_SECONDS_A_CALL = 0.5
_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


class Saves(Protocol):
    """Object that saves a training's state from time to time."""

    @property
    def due(self) -> bool:
        """Whether it is time to save."""

    def save(self) -> None:
        """Save the state."""


class Observer(Protocol):
    """Object that hears after each call of the compiled steps how far the training is."""

    def reached(self, step: int) -> None:
        """Hear of the step that the training has reached."""


def train_intervals(
    training: Training,
    callbacks: Sequence[keras.callbacks.Callback],
    observers: Sequence[Observer],
    *,
    asked_to_stop: Callable[[], bool],
    checkpoints: Saves,
) -> None:
    """Train a stage from its model's step to its last one, interval by interval.

    An interval is what Keras calls an epoch. One that was interrupted is finished first, with the
    running means that its checkpoint holds.

    Args:
        training: The stage, built, and restored from its last checkpoint.
        callbacks: Callbacks; where one acts at each batch, a call of the compiled steps takes one.
        observers: Objects that hear of each call.
        asked_to_stop: Whether a signal asks to stop; then no more steps are taken.
        checkpoints: Checkpoints, saved at ends of intervals, after the callbacks, if it is time.

    Raises:
        NonFiniteLoss: A term is no longer finite; nothing was saved after it.
    """
    model, interval = training.model, training.interval
    step = int(model.step.numpy())
    steps, pace = Steps(model, training.dataset(step, scaled=False, **shard())), Pace()
    hooked = any(acts_at_batches(callback) for callback in callbacks)
    listed = keras.callbacks.CallbackList(
        list(callbacks), model=model, steps=interval, epochs=-(-training.steps // interval)
    )
    model.stop_training = bool(model.finished.numpy())
    listed.on_train_begin()
    (asked,) = agreed(asked_to_stop())
    while step < training.steps and not model.stop_training and not asked:
        epoch = step // interval
        end = min((epoch + 1) * interval, training.steps)
        if step % interval == 0:
            model.reset_metrics()
        listed.on_epoch_begin(epoch)
        while step < end and not model.stop_training and not asked:
            if hooked:
                listed.on_train_batch_begin(step % interval)
                step = steps.take(1)
                listed.on_train_batch_end((step - 1) % interval, steps.means())
            else:
                step = pace.take(steps, end - step)
            for observer in observers:
                observer.reached(step)
            asked, model.stop_training = agreed(asked_to_stop(), model.stop_training)
        if step == end or model.stop_training:
            listed.on_epoch_end(epoch, steps.means())
            model.stop_training, due = agreed(model.stop_training, of_chief(checkpoints.due))
            model.finished.assign(bool(model.stop_training))
            if due:
                checkpoints.save()
    listed.on_train_end()


class Pace:
    """Number of steps of a call: about half a second of them, so that a signal is heard soon."""

    def __init__(self) -> None:
        self._count = 1

    def take(self, steps: Steps, most: int) -> int:
        """Take as many steps as fit a call, by the chief's clock; returns the last one's number.

        Args:
            steps: The steps of a model.
            most: The most steps to take, at least 1.
        """
        count, start = min(self._count, most), time.perf_counter()
        step = steps.take(count)
        fitting = int(_SECONDS_A_CALL * count / (time.perf_counter() - start))
        # The first call traces the step, and any can be held up by other work of the machine.
        (self._count,) = agreed(of_chief(min(max(1, fitting), 4 * count)))
        return step


def acts_at_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback has a hook for batches: of its class or, as `LambdaCallback`, its own."""
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in _BATCH_HOOKS
    )
