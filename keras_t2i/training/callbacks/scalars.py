"""Scalars to TensorBoard."""

import json
import time
from pathlib import Path

import keras
import tensorflow as tf


class Scalars(keras.callbacks.Callback):
    """Writes the means of an interval, and the speed, to TensorBoard and to `log.jsonl`.

    Args:
        directory: Folder of the log files.
        rows_per_step: Number of pictures or captions per step.
    """

    def __init__(self, directory: Path, rows_per_step: int) -> None:
        super().__init__()
        self._directory, self._rows = directory, rows_per_step

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Open the log."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._writer = tf.summary.create_file_writer(str(self._directory))

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self._start, self._first = time.perf_counter(), int(self.model.step.numpy())

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the interval's means at its last step."""
        step = int(self.model.step.numpy())
        seconds = time.perf_counter() - self._start
        values = {name: float(value) for name, value in (logs or {}).items()}
        values["rows_per_second"] = (step - self._first) * self._rows / seconds
        with self._writer.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()
        with (self._directory / "log.jsonl").open("a") as log:
            log.write(json.dumps({"step": step, **values}) + "\n")
