"""Captions as they are stored, from texts with a caption in each line and from fields of a row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..text_file import filled_lines, read_text


def clean_caption(text: str) -> str:
    """Tidy a caption; nothing is left of one without words.

    Runs of white space become one space. The replacement characters U+FFFD go: they stand where
    an earlier conversion could not decode a character, and mean nothing.
    """
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())


def read_captions(path: Path) -> tuple[str, ...]:
    """Read the captions of a text file (`captions_of_lines`).

    Raises:
        InputError: No such file, not readable as UTF-8, or captions that cannot be used.
    """
    if not path.exists():
        raise InputError(f"{path}: the caption file is missing.")
    return captions_of_lines(read_text(path), str(path))


def captions_of_lines(text: str, place: str) -> tuple[str, ...]:
    """Captions of a text, one in each line; blank lines are none.

    Args:
        text: The text.
        place: File or archive of the text, for messages.

    Raises:
        InputError: No caption, or a line (named) of which nothing is left.
    """
    captions = []
    for number, line in filled_lines(text):
        caption = clean_caption(line)
        if not caption:
            raise InputError(f"{place}, line {number}: the caption is empty.")
        captions.append(caption)
    if not captions:
        raise InputError(f"{place}: there is no caption in it.")
    return tuple(captions)


def captions_of_row(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Captions of the one field that has them: a text, or a list of texts.

    Args:
        row: Values by field.
        names: Fields that may have them; the first is the usual one.

    Raises:
        InputError: Not exactly one of the fields is there, or an empty caption.
    """
    given = [name for name in names if row.get(name) is not None]
    if len(given) > 1:
        raise InputError(f"must have one of the fields {', '.join(given)}, not several.")
    captions = row[given[0]] if given else None
    captions = [captions] if isinstance(captions, str) else captions
    if not isinstance(captions, list) or not captions:
        raise InputError(f"`{names[0]}` must be texts. Received: {captions!r}.")
    for caption in captions:
        if not isinstance(caption, str) or not clean_caption(caption):
            raise InputError(f"the caption is empty or no text. Received: {caption!r}.")
    return tuple(clean_caption(caption) for caption in captions)
