"""Calls of Python functions by the threads of pipelines, which must end before Python does."""

import atexit
import time
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any

_QUIET, _LONGEST = 0.1, 30.0  # seconds


class _Calls:
    """The calls that run now, and the moment at which the last one began or ended."""

    def __init__(self) -> None:
        self._lock, self._running, self._last = Lock(), 0, 0.0

    def count(self, change: int) -> None:
        with self._lock:
            self._running += change
            self._last = time.monotonic()

    def wait_for_quiet(self) -> None:
        """Wait until no call runs and none has begun for a moment, but not for ever.

        A pipeline that nobody draws from comes to rest as soon as its batches ahead are made.
        """
        end = time.monotonic() + _LONGEST
        while (now := time.monotonic()) < end and (self._running or now - self._last < _QUIET):
            time.sleep(_QUIET / 10)


_calls = _Calls()
# Python ends threads that still want to run when it ends. An iterator that is alive then would wait
# for its thread, and with it the process, for ever.
atexit.register(_calls.wait_for_quiet)


def on_host_thread(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, for `tf.numpy_function` in a dataset: a process waits for it at its end."""

    @wraps(function)
    def counted(*values: Any) -> Any:
        _calls.count(1)
        try:
            return function(*values)
        finally:
            _calls.count(-1)

    return counted
