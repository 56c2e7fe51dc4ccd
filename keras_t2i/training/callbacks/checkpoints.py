"""Saving all that the next step depends on while a stage trains."""

import time
from pathlib import Path
from typing import Any

import keras

from keras_t2i.training import checkpoint
from keras_t2i.training.tracked_model import TrackedModel


class Checkpoints(keras.callbacks.Callback):
    """Checkpoints of a stage, at ends of intervals, at most so often; the last three are kept.

    Args:
        directory: The stage's folder.
        minutes: Minutes between two checkpoints.
        interval: Steps of an interval.
    """

    def __init__(self, directory: Path, minutes: float, interval: int) -> None:
        super().__init__()
        self._directory, self._seconds = directory / "checkpoints", 60 * minutes
        self._interval = interval
        self._last_time = time.monotonic()
        self._last_step: int | None = None
        self._unfinished: list[Any] = []

    def restore(self, model: TrackedModel) -> int:
        """Restore the latest checkpoint if there is one; returns the step."""
        self._model = model
        held = checkpoint.restore(model, self._directory)
        step = int(model.step.numpy())
        self._last_step = step if held else None
        if step % self._interval:
            # Keras clears the running means at the start of an epoch; one that was interrupted
            # goes on with those that it had.
            self._unfinished = [v.numpy() for m in model.metrics for v in m.variables]
        return step

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
        if step != self._last_step:
            checkpoint.save(self._model, self._directory)
        self._last_step, self._last_time = step, time.monotonic()
