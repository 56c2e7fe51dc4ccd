"""Questions to a file system that may hang."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Closed(Exception):
    """The thread is closed: nobody wants an answer of its file system any more."""


class FileThread:
    """A thread that asks a file system.

    One that hangs holds this thread for ever, but not the threads that others ask, nor the end of
    the server.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "files")
        self._closed = asyncio.Event()

    async def run(self, function: Callable[[Path], T], path: Path) -> T:
        """The value of a function of a path.

        Raises:
            Closed: The thread was closed before, or while the file system was asked.
        """
        if self._closed.is_set():
            raise Closed
        found = asyncio.get_running_loop().run_in_executor(self._pool, function, path)
        closed = asyncio.create_task(self._closed.wait())
        ends: set[asyncio.Future] = {found, closed}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._closed.is_set():
                raise Closed
            return await found
        finally:
            for end in ends:
                end.cancel()

    def close(self) -> None:
        """Let the thread end, once it can, and whoever waits for it go on."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
