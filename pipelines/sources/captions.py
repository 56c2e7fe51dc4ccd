"""Captions as they are stored, and caption files with a caption in each line."""

from pathlib import Path

from ..errors import InputError


def clean_caption(text: str) -> str:
    """Tidy a caption; nothing is left of one without words.

    Runs of white space become one space. The replacement characters U+FFFD go: they stand where
    an earlier conversion could not decode a character, and mean nothing.
    """
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())


def read_captions(path: Path) -> tuple[str, ...]:
    """Read the captions of a text file.

    Empty lines at the end are no captions; one in between is an error.

    Raises:
        InputError: Not readable as UTF-8, an empty caption (with its line), or no caption.
    """
    try:
        lines = path.read_text("utf-8-sig").rstrip().split("\n")
    except FileNotFoundError as error:
        raise InputError(f"{path}: the caption file is missing.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error
    if lines == [""]:
        raise InputError(f"{path}: there is no caption in it.")
    captions = tuple(clean_caption(line) for line in lines)
    if "" in captions:
        raise InputError(f"{path}, line {captions.index('') + 1}: the caption is empty.")
    return captions
