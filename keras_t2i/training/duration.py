"""Estimate of how long a training takes on this machine, printed once."""

import sys
import time

_FIRST_STEPS = 3  # tracing and warming up
_SECONDS = 20.0
_WORTH_TELLING = 120.0
_LONG = 12 * 3600.0


class Duration:
    """Measure some steps at the start, and say when the stage will be done.

    Args:
        name: The stage.
        steps: The last step.
        begin: The step that the training begins after.
        seconds: Seconds of the measurement.
    """

    def __init__(self, name: str, steps: int, begin: int, seconds: float = _SECONDS) -> None:
        self._name, self._steps, self._seconds = name, steps, seconds
        self._warm, self._told = begin + _FIRST_STEPS, False
        self._first: tuple[int, float] | None = None

    def reached(self, step: int) -> None:
        """Measure, and print the estimate once.

        Args:
            step: The step that the training has reached.
        """
        if self._told or step < self._warm:
            return
        now = time.perf_counter()
        if self._first is None:
            self._first = step, now
            return
        first, started = self._first
        if now - started < self._seconds:
            return
        self._told = True
        left = (self._steps - step) * (now - started) / (step - first)
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
