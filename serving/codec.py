"""Reading and writing of bodies without holding up anybody: large ones in other processes."""

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import numpy as np

from .errors import ServingError

T = TypeVar("T")

_SMALL = 64 << 10  # bytes that are read in a millisecond or two
_NUMBER = 16  # bytes of work that a number makes, about
_TEXTS = 32  # bytes of a text that make as much work as one byte of JSON
_TASKS = 50  # that a process does before another one takes its place, and its memory is free


class Codec:
    """Runs functions that hold Python's lock: at once if there is little to do, else elsewhere.

    Args:
        processes: Number of processes for what is large; they are started when they are needed.
    """

    def __init__(self, processes: int = 2) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, size: int, function: Callable[..., T], *args: Any) -> T:
        """The value of a function of the top level of a module.

        Args:
            size: Bytes that there are to read or to write, about.
            function: Function to call.
            args: Arguments of the call.

        Raises:
            ServingError: Raised by the function, or the process that ran it ended.
        """
        if size <= _SMALL:
            return function(*args)
        loop = asyncio.get_running_loop()
        pool = self._pool or self._started()
        try:
            return await loop.run_in_executor(pool, function, *args)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise ServingError(
                "UNAVAILABLE", "The body's reader ended. Try again later."
            ) from error

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        self._pool = ProcessPoolExecutor(
            self._processes,
            multiprocessing.get_context("spawn"),
            _begin,
            max_tasks_per_child=_TASKS,
        )
        return self._pool


def work_of(tensors: Mapping[str, np.ndarray]) -> int:
    """Bytes of work that tensors make as text or as a message: texts are quick, numbers slow."""
    return sum(
        sum(map(len, value.ravel())) // _TEXTS if value.dtype == object else _NUMBER * value.size
        for value in tensors.values()
    )


def _begin() -> None:
    """Prepare a process: it ends with the server, and not by a terminal's Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)
