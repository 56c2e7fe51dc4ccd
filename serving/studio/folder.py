"""The files of the page: what visitors send and what the model draws, for minutes."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

_AGE = 600.0  # seconds that a file is kept
_PAUSE = 30.0  # seconds between two looks
_LARGEST = 1_000_000_000  # bytes of all files


class Folder:
    """A folder of files that go after ten minutes, and sooner if they become a gigabyte.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._kept: set[Path] = set()

    def holds(self, path: str) -> bool:
        """Whether a path leads into the folder."""
        return Path(os.path.normpath(path)).is_relative_to(self.path)

    @property
    def full(self) -> bool:
        """Whether no more files should be taken."""
        return sum(size for _, size, _ in self._files()) > _LARGEST

    def keep(self) -> None:
        """Keep the files that are there now: the page shows them to every visitor."""
        self._kept = {path for _, _, path in self._files()}

    def sweep(self, age: float = _AGE, largest: int = _LARGEST) -> None:
        """Remove old files, and the oldest ones of too many.

        Args:
            age: Seconds since a file was written.
            largest: Bytes that may stay.
        """
        files = sorted((file for file in self._files() if file[2] not in self._kept), reverse=True)
        held, now = 0, time.time()
        for written, size, path in files:
            held += size
            if now - written > age or held > largest:
                path.unlink(missing_ok=True)
        for path in sorted(self.path.rglob("*"), reverse=True):
            with suppress(OSError):  # not empty
                path.rmdir()

    @asynccontextmanager
    async def swept(self, _: object) -> AsyncIterator[None]:
        """Sweep every half minute as long as a server runs."""

        async def work() -> None:
            while True:
                await asyncio.sleep(_PAUSE)
                await asyncio.to_thread(self.sweep)

        task = asyncio.create_task(work())
        yield
        task.cancel()

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Time, size and path of each file."""
        for path in self.path.rglob("*"):
            with suppress(FileNotFoundError):  # one that has just gone
                held = path.lstat()
                if not path.is_dir():
                    yield held.st_mtime, held.st_size, path


@contextmanager
def temporary_folder() -> Iterator[Folder]:
    """A folder for all that Gradio and we write, removed with all its files at the end."""
    before = tempfile.tempdir, os.environ.get("GRADIO_TEMP_DIR")
    with tempfile.TemporaryDirectory(prefix="keras-t2i-studio-") as path:
        folder = Folder(Path(path))
        tempfile.tempdir = os.environ["GRADIO_TEMP_DIR"] = str(folder.path)
        try:
            yield folder
        finally:
            tempfile.tempdir = before[0]
            if before[1] is None:
                del os.environ["GRADIO_TEMP_DIR"]
            else:
                os.environ["GRADIO_TEMP_DIR"] = before[1]
