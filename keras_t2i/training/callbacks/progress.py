"""A progress bar."""

import sys
import time
from types import TracebackType

import keras
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from keras_t2i.training.callbacks.shown_terms import shown
from keras_t2i.training.duration import readable


class Progress(keras.callbacks.Callback):
    """A bar with steps, speed, time left and the chief terms; plain lines where it is no terminal.

    Args:
        name: The stage.
        steps: The last step.
        rows_per_step: Number of pictures or captions per step.
    """

    def __init__(self, name: str, steps: int, rows_per_step: int) -> None:
        super().__init__()
        self._name, self._steps, self._rows = name, steps, rows_per_step
        self._console = Console(file=sys.stderr)
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} steps"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[terms]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(name, total=steps, terms="")
        self._printed = time.monotonic()
        self._intervals: list[tuple[int, float]] = []

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def speed(self) -> float:
        """Rows per second since the start, if possible without the first interval (tracing)."""
        return round(self._steps_per_second * self._rows, 1)

    @property
    def _steps_per_second(self) -> float:
        steps, seconds = np.sum(self._intervals[1:] or self._intervals or [(0, 1)], axis=0)
        return float(steps / seconds)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the interval's clock."""
        self._start, self._first = time.perf_counter(), int(self.model.step.numpy())

    def reached(self, step: int) -> None:
        """Move the bar.

        Args:
            step: The step that the training has reached.
        """
        if self._console.is_terminal:
            self._bar.update(self._task, completed=step)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Show the interval's means."""
        step = int(self.model.step.numpy())
        seconds = time.perf_counter() - self._start
        rate = (step - self._first) * self._rows / seconds
        self._intervals.append((step - self._first, seconds))
        terms = f"{rate:.0f} rows/s, {shown(logs or {})}".removesuffix(", ")
        self._bar.update(self._task, completed=step, terms=terms)
        if not self._console.is_terminal and (
            time.monotonic() - self._printed > 10 or step >= self._steps
        ):
            self._printed = time.monotonic()
            left = readable((self._steps - step) / self._steps_per_second)
            line = f"{self._name}: step {step:,} of {self._steps:,}, {left} left, {terms}"
            self._console.print(line, highlight=False, soft_wrap=True)
