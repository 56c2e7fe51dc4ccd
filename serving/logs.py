"""The log, written by a thread of its own: who reads it slowly, or not at all, holds up nobody."""

import contextlib
import logging
import logging.handlers
import queue
import threading
import time
from typing import TextIO

_LINES = 1000  # that wait; further ones are left out
_FLUSH = 2.0  # seconds at the end for those that still wait


class Log:
    """Writes the log to a stream from now on.

    Args:
        stream: Stream, such as the error output; it may be a pipe that is full.
    """

    def __init__(self, stream: TextIO) -> None:
        self._waiting: queue.Queue[logging.LogRecord] = queue.Queue(_LINES)
        self._writer = logging.StreamHandler(stream)
        self._writer.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        handing = _Dropping(self._waiting)
        handing.setFormatter(logging.Formatter())  # else basicConfig gives it one
        logging.basicConfig(level=logging.INFO, handlers=[handing])
        threading.Thread(target=self._write, daemon=True).start()

    def flush(self) -> None:
        """Let the lines that wait be written, within a time."""
        end = time.monotonic() + _FLUSH
        while self._waiting.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)

    def _write(self) -> None:
        while True:
            self._writer.handle(self._waiting.get())
            self._waiting.task_done()


class _Dropping(logging.handlers.QueueHandler):
    """Hands lines over, and leaves out those for which there is no room."""

    def enqueue(self, record: logging.LogRecord) -> None:
        """Hand a line over."""
        with contextlib.suppress(queue.Full):
            self.queue.put_nowait(record)
