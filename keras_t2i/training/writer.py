"""One writer a run: a lock that a process holds while it trains."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.run import LOCK, WRITER, Run, read_note


@contextmanager
def only_writer(run: Run) -> Iterator[None]:
    """Hold the lock of a run while the block runs.

    It is the operating system's lock of a file, so it ends with the process however that ends: none
    is ever stale. Host and number of the process stand in `writer.json`.

    Args:
        run: The run; its folder is created.

    Raises:
        InputError: Another process trains it, or the folder holds something else than a run.
    """
    run.check_place()
    run.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(run.path / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        held = read_note(run.path / WRITER)
        raise InputError(
            f"{run.path}: process {held.get('process', '?')} on {held.get('host', '?')} trains "
            "this run; wait for its end, or give another --run."
        ) from None
    try:
        write_json(run.path / WRITER, {"host": platform.node(), "process": os.getpid()})
        yield
    finally:
        lock.release()
