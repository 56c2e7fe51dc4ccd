"""Saving and restoring all that the next step depends on."""

import time
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.tracked_model import Holder, TrackedModel


class Checkpoints(keras.callbacks.Callback):
    """Checkpoints of a stage, at ends of intervals, at most so often; the last three are kept.

    A checkpoint is complete before the list of checkpoints names it, so a kill at any moment leaves
    the one before.

    Args:
        directory: The stage's folder.
        minutes: Minutes between two checkpoints.
        interval: Steps of an interval.
    """

    def __init__(self, directory: Path, minutes: float, interval: int) -> None:
        super().__init__()
        self._directory, self._seconds = directory / "checkpoints", 60 * minutes
        self._interval = interval
        self._manager: tf.train.CheckpointManager | None = None
        self._last_time = time.monotonic()
        self._last_step = 0
        self._unfinished: list[Any] = []

    def restore(self, model: TrackedModel) -> int:
        """Restore the latest checkpoint if there is one; returns the step."""
        self._model, self._manager = model, manager(model, self._directory)
        latest = self._manager.latest_checkpoint
        if latest:
            restore_into(self._manager.checkpoint, latest)
        self._last_step = int(model.step.numpy())
        if self._last_step % self._interval:
            # Keras clears the running means at the start of an epoch; one that was interrupted
            # goes on with those that it had.
            self._unfinished = [v.numpy() for m in model.metrics for v in m.variables]
        return self._last_step

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Give an interrupted interval its running means back."""
        variables = [v for m in self.model.metrics for v in m.variables]
        for variable, value in zip(variables, self._unfinished, strict=False):
            variable.assign(value)
        self._unfinished = []

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Save if it is time."""
        if time.monotonic() - self._last_time >= self._seconds:
            self.save()

    def save(self) -> None:
        """Save unless this step is saved already."""
        step = int(self._model.step.numpy())
        assert self._manager is not None  # `restore` comes before any step
        if step != self._last_step or not self._manager.latest_checkpoint:
            self._manager.save(checkpoint_number=step)
        self._last_step, self._last_time = step, time.monotonic()


def manager(model: TrackedModel, directory: Path) -> tf.train.CheckpointManager:
    """The checkpoints of a model in a folder.

    Each variable is kept under its part and its place there. TensorFlow's own walk through the
    objects does not enter the lists of layers that Keras tracks, and would leave those weights out
    unnoticed; Keras's names depend on what else the process has built.
    """
    means = Holder([v for metric in model.metrics for v in metric.variables])
    parts = {**model.trained_parts(), "means": means}
    named = {
        f"{part} {i:04d}": variable.value
        for part, holder in parts.items()
        for i, variable in enumerate(holder.variables)
    }
    return tf.train.CheckpointManager(
        tf.train.Checkpoint(**named), str(directory), max_to_keep=3, checkpoint_name="ckpt"
    )


def restore_into(checkpoint: tf.train.Checkpoint, path: str) -> None:
    """Restore a checkpoint, all of it.

    Raises:
        InputError: A checkpoint that does not fit the model, or cannot be read.
    """
    try:
        # A checkpoint also holds the running means, which only a training asks for.
        checkpoint.restore(path).assert_existing_objects_matched().expect_partial()
    except (tf.errors.OpError, AssertionError, ValueError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise InputError(f"{path}: the checkpoint cannot be restored ({reason}).") from error
