"""Text files that users write: captions, lists and tables."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from .errors import InputError

# A cell such as "a/1.png": the name of a file.
_NAMES_A_FILE = re.compile(r"\S\.[A-Za-z][A-Za-z0-9]{2,3}\s*$")


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark; lines end with a line feed.

    Raises:
        InputError: No such file, or not readable as UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error


def filled_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1 on."""
    # Not splitlines: it also ends a line at characters that texts may hold, such as U+2028.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line


def csv_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not blank, each with the number of its first line.

    Quotes are read strictly: one that opens a field must close it. A quoted field may hold line
    breaks, but no line that reads like a row by itself, for then its closing quote is missing.

    Raises:
        InputError: Not UTF-8, or not CSV; the message names the line of the quote that is wrong.
    """
    lines = list(io.StringIO(read_text(path)))
    reader = csv.reader(lines, strict=True, skipinitialspace=True)
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(
                f"{path}, line {first}: not CSV ({error}). A field that begins with a double quote "
                "must end with one; double quotes inside it are written twice."
            ) from error
        for number in range(first + 1, reader.line_num + 1):
            if _looks_like_a_row(lines[number - 1]):
                raise InputError(
                    f"{path}, line {first}: a quoted field goes on in line {number}, which looks "
                    "like a row by itself; close the quote."
                )
        if any(cell.strip() for cell in row):
            yield first, row


def _looks_like_a_row(line: str) -> bool:
    """Whether a line has several cells, one of them the name of a file."""
    cells = line.replace('"', "").split(",")
    return len(cells) > 1 and any(_NAMES_A_FILE.search(cell) for cell in cells)
