"""Estimate of how long a training takes on this machine, printed once."""

import sys
import time

import keras

_FIRST_STEPS = 3  # tracing and warming up
_SECONDS = 20.0
_WORTH_TELLING = 120.0
_LONG = 12 * 3600.0


class Duration(keras.callbacks.Callback):
    """Measure some steps at the start, and say when the stage will be done.

    Args:
        name: The stage.
        steps: The last step.
        seconds: Seconds of the measurement.
    """

    def __init__(self, name: str, steps: int, seconds: float = _SECONDS) -> None:
        super().__init__()
        self._name, self._steps, self._seconds = name, steps, seconds
        self._seen, self._told = 0, False
        self._started = self._first = 0.0

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Measure, and print the estimate once."""
        if self._told:
            return
        self._seen += 1
        if self._seen <= _FIRST_STEPS:
            self._first, self._started = int(self.model.step.numpy()), time.perf_counter()
            return
        step = int(self.model.step.numpy())  # waits for the device
        seconds = time.perf_counter() - self._started
        if seconds < self._seconds:
            return
        self._told = True
        left = (self._steps - step) * seconds / (step - self._first)
        if left >= _WORTH_TELLING:
            print(told(self._name, left), file=sys.stderr)


def told(name: str, seconds: float) -> str:
    """Message about a stage that takes so long."""
    line = f"{name}: about {readable(seconds)} to go on this machine."
    if seconds < _LONG:
        return line
    return (
        f"{line} A preset that ends in -narrow or -demo takes less, as do fewer pairs or epochs "
        "(docs/howto/how_long.md has what they give), or a GPU. Stop it at any time: the same "
        "command goes on."
    )


def readable(seconds: float) -> str:
    """A time as people say it: 50 s, 40 min, 5.2 h, 3.1 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 2 * 86400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"
