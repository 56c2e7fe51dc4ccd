"""Files that are written whole or not at all, however the process or the machine ends."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import InputError
from .processes import MARK, is_alive, own_mark

_PARTIAL = re.compile(rf"\..+\.partial-({MARK})(\.\w+)?")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a sibling to write, which takes the name `path` when the block ends well.

    When the block raises, the sibling is removed and the file at `path` is what it was. A file that
    is there already is replaced. The sibling has the same suffix, which decides the format for
    NumPy and Pillow, and the process's mark in its name, so that two processes do not meet. It
    takes its name only when its content is on the disk, so a power cut leaves no empty file.

    Args:
        path: The file to write; its folder is created.

    Raises:
        OSError: The file cannot be written; the error names it.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.partial-{own_mark()}{path.suffix}")
    try:
        yield partial
        settle(partial)
        partial.replace(path)
        settle(path.parent)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename in (None, str(partial)):
            error.filename = str(path)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write bytes as a whole file."""
    with whole_file(path) as partial:
        partial.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text, in UTF-8 and with its line ends as they are, as a whole file."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON value, indented and with a newline at the end, as a whole file."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_checked(path: Path, text: str) -> None:
    """Write a text in UTF-8 as a whole file, with its sha256 in a file beside it.

    The sum comes first: a process that is killed between the two leaves a sum and no text, or the
    text of before, which `read_checked` refuses.
    """
    data = text.encode()
    write_text(sum_of(path), hashlib.sha256(data).hexdigest() + "\n")
    write_bytes(path, data)


def read_checked(path: Path) -> str:
    """Read what `write_checked` wrote; without a sum beside it, any text.

    Raises:
        InputError: A file that cannot be read, or is not what was written.
    """
    beside = sum_of(path)
    try:
        data = path.read_bytes()
        known = beside.read_text().strip() if beside.exists() else None
        if known not in (None, hashlib.sha256(data).hexdigest()):
            raise InputError(f"{path}: damaged: its sha256 is not that of {beside.name}.")
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error


def sum_of(path: Path) -> Path:
    """The file beside another that holds its sha256."""
    return path.with_suffix(".sha256")


def remove_partials(folder: Path) -> None:
    """Remove the files and folders in a folder that killed processes left unfinished."""
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        if is_left(left) and left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        elif is_left(left):
            left.unlink(missing_ok=True)


def is_left(path: Path) -> bool:
    """Whether a file or folder was being written by a process that is no longer alive."""
    found = _PARTIAL.fullmatch(path.name)
    return found is not None and not is_alive(found[1], path)


def settle(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
