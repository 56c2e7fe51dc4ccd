"""Work on a stream in threads or processes, in order and a few steps ahead."""

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from .errors import InputError


def in_threads() -> ThreadPoolExecutor:
    """Threads, as many as there are cores."""
    return ThreadPoolExecutor(os.cpu_count())


@contextmanager
def in_processes(count: int, sample: Any) -> Iterator[ProcessPoolExecutor]:
    """Processes that begin anew; a copy of this one would copy locks that its threads hold.

    Args:
        count: Number of processes.
        sample: A value like those that they will be sent.

    Raises:
        InputError: Such values cannot be sent, or a process was killed.
    """
    try:
        pickle.dumps(sample)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise InputError(
            f"--workers: what this source yields cannot be sent to other processes ({error}); "
            "leave --workers out."
        ) from error
    context = multiprocessing.get_context("spawn")
    try:
        # Ctrl-C reaches all processes; this one ends the others.
        ignoring = (signal.SIGINT, signal.SIG_IGN)
        with ProcessPoolExecutor(count, context, signal.signal, ignoring) as pool:
            yield pool
    except BrokenProcessPool as error:
        raise InputError(
            "--workers: a process was killed, perhaps for want of memory; try fewer."
        ) from error


def ordered_map(
    function: Callable[[Any], Any],
    values: Iterable[Any],
    pool: Executor | None = None,
    ahead: int = 64,
) -> Generator[Any]:
    """`map` in threads or processes: results come in the order of the values.

    Args:
        function: Function that is called there; its errors are raised here, in order.
        values: Values that are drawn one by one as results are taken.
        pool: Threads or processes; by default threads, as many as there are cores.
        ahead: Number of values drawn before the first result is given: so many are held.
    """
    if pool is None:
        with in_threads() as own:
            yield from ordered_map(function, values, own, ahead)
        return
    waiting: deque[Future[Any]] = deque()
    try:
        for value in values:
            waiting.append(pool.submit(function, value))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
