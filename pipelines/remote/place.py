"""A folder on another file system, by fsspec."""

import errno
import logging
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..names import why_outside
from .address import address_of

_TRIED = ".keras-t2i-tries-to-write"
_CHATTY = ("gcsfs", "s3fs", "adlfs", "fsspec")
_HALF = re.compile(r"(^|/)\.[^/]+\.partial$")  # what a `put` that was cut leaves
_FULL = (errno.ENOSPC, errno.EDQUOT)  # of the disk here


class Unreachable(InputError):
    """A place that cannot be read or written now; it may be another time."""


class Place:
    """A folder on another file system; its files are named by their paths below it.

    Args:
        where: Address of the folder, which need not exist.

    Raises:
        InputError: An address without a bucket or folder, or whose scheme fsspec does not know, or
            whose package is not installed.
    """

    def __init__(self, where: Path | str) -> None:
        self.address = address_of(where)
        if self.address.endswith("/"):
            raise InputError(f"{self.address}: the address must name a bucket or a folder.")
        try:
            import fsspec
            from fsspec.asyn import AsyncFileSystem
        except ImportError as error:
            raise InputError(
                f"{self.address}: addresses need the package fsspec: "
                "pip install 'keras-t2i[remote]'."
            ) from error
        for logger in _CHATTY:  # what goes wrong is told here, in one line
            logging.getLogger(logger).addHandler(logging.NullHandler())
        try:
            self._system, self._root = fsspec.core.url_to_fs(self.address)
        except ImportError as error:
            raise InputError(
                f"{self.address}: a package is missing ({_line(error)}). For gs:// it is "
                "pip install 'keras-t2i[gcs]', for s3:// pip install 'keras-t2i[s3]'."
            ) from error
        except ValueError as error:
            raise InputError(
                f"{self.address}: the scheme must be one that fsspec knows, such as gs:// or s3:// "
                f"({_line(error)})."
            ) from error
        except Exception as error:  # as of all that is asked of it
            raise _told(self.address, error) from error
        # Stores of objects, which fsspec asks asynchronously, show each object whole or not at all.
        self._renames = not isinstance(self._system, AsyncFileSystem)

    @property
    def name(self) -> str:
        """The last part of the address."""
        return posixpath.basename(self.address)

    def files(self) -> dict[str, str]:
        """All whole files below the place; each with a text that changes when its content does.

        Raises:
            Unreachable: The place cannot be read.
        """
        from fsspec.utils import tokenize

        with self._asked():
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
        files = {name: info for name, info in found.items() if info.get("type") == "file"}
        named = {posixpath.relpath(n, self._root): tokenize(info) for n, info in files.items()}
        return {name: token for name, token in named.items() if not _HALF.search(name)}

    def read(self, name: str) -> bytes | None:
        """The content of a small file; `None` where there is none.

        Raises:
            Unreachable: The place cannot be read.
        """
        with self._asked(name):
            self._system.invalidate_cache()
            try:
                return bytes(self._system.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def get(self, name: str, file: Path) -> None:
        """Copy a file to this machine.

        Raises:
            Unreachable: The file is not there, or cannot be read.
        """
        with self._asked(name):
            self._system.get_file(self._path(name), str(file))

    def put(self, file: Path, name: str) -> None:
        """Copy a file of this machine to the place, where it appears whole.

        Raises:
            Unreachable: The place cannot be written.
        """
        path = self._path(name)
        folder, last = posixpath.split(path)
        first = posixpath.join(folder, f".{last}.partial") if self._renames else path
        with self._asked(name):
            try:
                self._system.put_file(str(file), first)
            except FileNotFoundError:
                self._make(folder)
                self._system.put_file(str(file), first)
            if self._renames:
                self._system.mv(first, path)

    def write(self, name: str, data: bytes) -> None:
        """Write a small file.

        Raises:
            Unreachable: The place cannot be written.
        """
        with self._asked(name):
            try:
                self._system.pipe_file(self._path(name), data)
            except FileNotFoundError:
                self._make(posixpath.dirname(self._path(name)))
                self._system.pipe_file(self._path(name), data)

    def check_writable(self) -> None:
        """Try the place before hours of work, by a file that goes at once.

        Raises:
            Unreachable: The place cannot be written.
        """
        self.write(_TRIED, b"")
        self.remove(_TRIED)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there.

        Raises:
            Unreachable: The place cannot be written.
        """
        with self._asked(name):
            try:
                self._system.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        if why_outside(name):
            raise InputError(f"{self.address}: {name!r} {why_outside(name)}.")
        return posixpath.join(self._root, name)

    def _make(self, folder: str) -> None:
        """Make folders, for file systems that have such; never a bucket, which may be a slip."""
        above = posixpath.dirname(folder)
        if above not in ("", "/", folder) and not self._system.isdir(folder):
            self._make(above)
            self._system.mkdir(folder, create_parents=False)

    @contextmanager
    def _asked(self, name: str = "") -> Iterator[None]:
        """Whatever goes wrong with another machine becomes one line: there is no common family."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _FULL:
                raise
            whole = name not in ("", _TRIED)
            raise _told(f"{self.address}/{name}" if whole else self.address, error) from error


def _told(address: str, error: Exception) -> Unreachable:
    if isinstance(error, FileNotFoundError):
        return Unreachable(f"{address} is not there, or its bucket is not.")
    if isinstance(error, PermissionError):
        return Unreachable(f"{address}: no right to it ({_line(error)}). Log in, or ask its owner.")
    return Unreachable(f"{address}: {type(error).__name__}: {_line(error)}.")


def _line(error: Any) -> str:
    """An error's first line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
