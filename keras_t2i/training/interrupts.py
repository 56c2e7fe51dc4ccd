"""Signals that end a training after the steps at hand."""

import os
import signal
from types import FrameType, TracebackType

# A closed terminal sends SIGHUP, `--stop-after` SIGALRM; Windows has neither.
_SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
    if name in signal.Signals.__members__
)
_STDERR = 2
_ANSWER = b"\nStopping after the steps at hand, then the state is saved; again to stop at once.\n"


class Interrupts:
    """Within its `with` block the first signal stops the training; the second kills as usual.

    The signals are SIGINT, SIGTERM, SIGHUP and SIGALRM; one that the process ignores, as `nohup`
    makes it ignore SIGHUP, stays ignored.
    """

    def __init__(self) -> None:
        self.asked: int | None = None

    def __enter__(self) -> "Interrupts":
        heard = [n for n in _SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heard}
        return self

    def __exit__(
        self, kind: type | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        for each, handler in self._before.items():
            signal.signal(each, handler)
        os.write(_STDERR, _ANSWER)  # `print` is not safe where a signal may interrupt another print
