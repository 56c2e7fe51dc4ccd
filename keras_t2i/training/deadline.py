"""The time after which a training stops by itself: that of a job with a limit."""

import contextlib
import re
import signal
from collections.abc import Iterator
from types import FrameType

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.errors import Interrupted

_MOST = 10 * 365 * 86400  # the timer takes no more than some centuries
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds_of(text: str) -> float:
    """Seconds of a duration such as `90s`, `30m`, `2h` or `1.5d`.

    Raises:
        InputError: Another text, or no time at all.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < seconds <= _MOST:
        raise InputError(
            "--stop-after must be a number and s, m, h or d, such as 90s or 2h. Received: "
            f"{text!r}."
        )
    return seconds


@contextlib.contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Within the block SIGALRM comes after so many seconds, and a training answers it as SIGTERM.

    Args:
        seconds: The time; `None` for none.

    Raises:
        InputError: A system without alarms (Windows).
        Interrupted: The alarm came while nothing was trained, so there was nothing to save.
    """
    if seconds is None:
        yield
        return
    if "SIGALRM" not in signal.Signals.__members__:
        raise InputError("--stop-after needs a system with alarms: Linux or macOS.")

    def between(number: int, frame: FrameType | None) -> None:
        raise Interrupted("Stopped before a step was trained; what is finished is saved.", number)

    before = signal.signal(signal.SIGALRM, between)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
