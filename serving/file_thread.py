"""Questions to a file system that may hang."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class FileThread:
    """A thread that asks a file system.

    One that hangs holds this thread for ever, but not the threads that others ask, nor the end of
    the server.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "files")

    async def run(self, function: Callable[[Path], T], path: Path) -> T:
        """The value of a function of a path."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, path)

    def close(self) -> None:
        """Let the thread end, once it can."""
        self._pool.shutdown(wait=False, cancel_futures=True)
