"""Files that are written whole or not at all, however the process ends."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .processes import is_alive


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a sibling to write, which takes the name `path` when the block ends well.

    When the block raises, the sibling is removed and the file at `path` is what it was. A file that
    is there already is replaced. The sibling has the same suffix, which decides the format for
    NumPy and Pillow, and the process's number in its name, so that two processes do not meet.

    Args:
        path: The file to write; its folder is created.
    """
    path = Path(path).resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{_prefix(path)}{os.getpid()}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk, or a limit, is told by writing, without it
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


def remove_partials(path: Path) -> None:
    """Remove what killed processes left of a file: worth it where files are large."""
    path = Path(path).resolve()
    name_of_partial = re.compile(rf"{re.escape(_prefix(path))}(\d+){re.escape(path.suffix)}")
    for left in list(path.parent.iterdir()):
        found = name_of_partial.fullmatch(left.name)
        if found and not is_alive(int(found[1])):
            left.unlink(missing_ok=True)


def _prefix(path: Path) -> str:
    return f".{path.stem}.partial-"
