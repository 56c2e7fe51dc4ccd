"""Saving all that the next step depends on while a stage trains."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from keras_t2i.training import checkpoint
from keras_t2i.training.tracked_model import TrackedModel


class Checkpoints:
    """Checkpoints of a stage, at ends of intervals, at most so often; the last three are kept.

    Args:
        model: The stage's model.
        directory: The stage's folder.
        minutes: Minutes between two checkpoints.
        saved: Function that is called when a state is on the disk.
    """

    def __init__(
        self,
        model: TrackedModel,
        directory: Path,
        minutes: float,
        saved: Callable[[], None] = lambda: None,
    ) -> None:
        self._model, self._saved = model, saved
        self._directory, self._seconds = directory / "checkpoints", 60 * minutes
        self._last_time = time.monotonic()
        self._last_step: int | None = None

    def restore(self) -> int:
        """Restore the latest checkpoint if there is one; returns the step."""
        held = checkpoint.restore(self._model, self._directory, _tell_of_others)
        step = int(self._model.step.numpy())
        self._last_step = step if held else None
        return step

    @property
    def due(self) -> bool:
        """Whether it is time to save."""
        return time.monotonic() - self._last_time >= self._seconds

    def save(self) -> None:
        """Save unless this step is saved already."""
        step = int(self._model.step.numpy())
        if step != self._last_step:
            checkpoint.save(self._model, self._directory)
            self._saved()
        self._last_step, self._last_time = step, time.monotonic()


def _tell_of_others(file: Path) -> None:
    """Say that networks were added to, or taken from, what a state holds."""
    print(
        f"{file}: the state of a training with other critics beside the discriminator, or without "
        "any. Those of this one begin untrained, and the optimizers anew.",
        file=sys.stderr,
    )
