"""Versions that could not be loaded, and when they are tried again."""

import asyncio
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LoadRetries:
    """Tries to load a version that could not be loaded, though its files have not changed.

    Args:
        number: Number of further tries.
        seconds: Seconds between two of them.
    """

    number: int = 5
    seconds: float = 60.0


@dataclass(frozen=True)
class _Failure:
    """A version that could not be loaded: its files, further tries, and the last one's time."""

    content: tuple
    tries: int
    when: float


class Failures:
    """Remembers the folders of versions that could not be loaded.

    Args:
        retries: Tries to load a version whose files do not change.
    """

    def __init__(self, retries: LoadRetries) -> None:
        self._retries = retries
        self._held: dict[Path, _Failure] = {}

    def due(self, path: Path, content: tuple) -> bool:
        """Whether a version is to be loaded: it never failed, has changed, or is tried again."""
        failure = self._held.get(path)
        if failure is None or failure.content != content:
            return True
        waited = asyncio.get_running_loop().time() - failure.when
        return failure.tries < self._retries.number and waited >= self._retries.seconds

    def add(self, path: Path, content: tuple) -> None:
        """Remember that a version could not be loaded just now."""
        before = self._held.get(path)
        tries = before.tries + 1 if before is not None and before.content == content else 0
        self._held[path] = _Failure(content, tries, asyncio.get_running_loop().time())

    def forget(self, path: Path) -> None:
        """Forget a version, which is loaded."""
        self._held.pop(path, None)


def content_of(path: Path) -> tuple:
    """Values that change when files of a folder do, or who may read them."""
    try:
        stats = [(p, p.stat()) for p in [path, *sorted(path.rglob("*"))]]
    except OSError:
        return ()
    return tuple((str(p), s.st_size, s.st_mtime_ns, s.st_mode, s.st_uid) for p, s in stats)
