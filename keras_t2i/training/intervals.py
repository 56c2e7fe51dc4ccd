"""The training loop: intervals of steps, with Keras's callbacks at their ends."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

import keras

from keras_t2i.training.stage import Training
from keras_t2i.training.steps import Steps

_SECONDS_A_CALL = 0.5
_BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end")


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
    whole: Callable[[], None],
) -> None:
    """Train a stage from its model's step to its last one, interval by interval.

    An interval is what Keras calls an epoch. One that was interrupted is finished first, with the
    running means that its checkpoint holds.

    Args:
        training: The stage, built, and restored from its last checkpoint.
        callbacks: Callbacks; where one acts at each batch, a call of the compiled steps takes one.
        observers: Objects that hear of each call.
        asked_to_stop: Whether a signal asks to stop; then no more steps are taken.
        whole: Function that is called at the end of each interval, after the callbacks.

    Raises:
        NonFiniteLoss: A term is no longer finite; `whole` was not called for its interval.
    """
    model, interval = training.model, training.interval
    step = int(model.step.numpy())
    steps, pace = Steps(model, training.dataset(step)), Pace()
    hooked = any(acts_at_batches(callback) for callback in callbacks)
    listed = keras.callbacks.CallbackList(
        list(callbacks), model=model, steps=interval, epochs=-(-training.steps // interval)
    )
    model.stop_training = bool(model.finished.numpy())
    listed.on_train_begin()
    while step < training.steps and not model.stop_training and not asked_to_stop():
        epoch = step // interval
        end = min((epoch + 1) * interval, training.steps)
        if step % interval == 0:
            model.reset_metrics()
        listed.on_epoch_begin(epoch)
        while step < end and not model.stop_training and not asked_to_stop():
            if hooked:
                listed.on_train_batch_begin(step % interval)
                step = steps.take(1)
                listed.on_train_batch_end((step - 1) % interval, steps.means())
            else:
                step = pace.take(steps, end - step)
            for observer in observers:
                observer.reached(step)
        if step == end or model.stop_training:
            listed.on_epoch_end(epoch, steps.means())
            model.finished.assign(model.stop_training)
            whole()
    listed.on_train_end()


class Pace:
    """Number of steps of a call: about half a second of them, so that a signal is heard soon."""

    def __init__(self) -> None:
        self._count = 1

    def take(self, steps: Steps, most: int) -> int:
        """Take as many steps as fit a call; returns the number of the last one.

        Args:
            steps: The steps of a model.
            most: The most steps to take, at least 1.
        """
        count, start = min(self._count, most), time.perf_counter()
        step = steps.take(count)
        fitting = int(_SECONDS_A_CALL * count / (time.perf_counter() - start))
        # The first call traces the step, and any can be held up by other work of the machine.
        self._count = min(max(1, fitting), 4 * count)
        return step


def acts_at_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether a callback has a hook for batches: of its class or, as `LambdaCallback`, its own."""
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in _BATCH_HOOKS
    )
