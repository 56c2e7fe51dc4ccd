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

_SMALL = 32 << 10  # bytes that are read in a few milliseconds at most
_NUMBER = 16  # bytes of work that a number makes, about
_TEXTS = 32  # bytes of a text that make as much work as one byte of JSON
_TASKS = 200  # after which other processes take their place, and their memory is free


class Codec:
    """Runs functions that hold Python's lock: at once if there is little to do, else elsewhere.

    Args:
        processes: Number of processes for what is large; they are started when they are needed.
    """

    def __init__(self, processes: int = 2) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._tasks = 0

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
        pool = self._pool_with_room()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, function, *args)
        except BrokenProcessPool as error:
            self._replace(pool)
            raise ServingError(
                "UNAVAILABLE", "The body's reader ended. Try again later."
            ) from error

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _pool_with_room(self) -> ProcessPoolExecutor:
        """The processes, or new ones in place of those that have done much."""
        # Not max_tasks_per_child: in Python 3.11 a burst can leave such a pool without processes.
        if self._pool is not None and self._tasks >= _TASKS:
            self._replace(self._pool)
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")
            self._pool, self._tasks = ProcessPoolExecutor(self._processes, spawn, _begin), 0
        self._tasks += 1
        return self._pool

    def _replace(self, pool: ProcessPoolExecutor) -> None:
        """Let processes end when their work is done, and others take their place."""
        if self._pool is pool:
            self._pool = None
        pool.shutdown(wait=False)


def work_of(tensors: Mapping[str, np.ndarray]) -> int:
    """Bytes of work that tensors make as text or as a message: texts are quick, numbers slow."""
    return sum(
        sum(map(len, value.ravel())) // _TEXTS if value.dtype == object else _NUMBER * value.size
        for value in tensors.values()
    )


def _begin() -> None:
    """Prepare a process: it ends with the server, and not by a terminal's Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to a whole group, they are the server's
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)
