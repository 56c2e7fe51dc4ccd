"""Caption files: a caption a line."""

from pathlib import Path

from pipelines.errors import InputError


def read_captions(path: Path) -> tuple[str, ...]:
    """The captions of a text file.

    Empty lines at the end are no captions; one in between is an error.

    Raises:
        InputError: Not readable as UTF-8, an empty caption (with its line), or no caption.
    """
    try:
        lines = path.read_text("utf-8").rstrip().split("\n")
    except FileNotFoundError as error:
        raise InputError(f"{path}: the caption file is missing.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error
    if lines == [""]:
        raise InputError(f"{path}: there is no caption in it.")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise InputError(f"{path}, line {number}: the caption is empty.")
    return tuple(" ".join(line.split()) for line in lines)
