"""Arguments of the Python functions: paths and whole numbers, checked."""

import operator
import os
from pathlib import Path
from typing import Any

from .errors import InputError


def path_of(value: Any, name: str) -> Path:
    """An argument that is a path: a text or a `Path`.

    Args:
        value: The argument.
        name: Name of the argument, for the message.

    Raises:
        InputError: A value of another type, an empty text, or one with a character NUL.
    """
    if not isinstance(value, str | os.PathLike) or not (text := os.fspath(value)):
        raise InputError(f"{name} must be a path, as a text or a Path. Received: {value!r}.")
    if "\0" in text:
        raise InputError(f"{name} must be a path without a character NUL. Received: {value!r}.")
    return Path(text)


def whole_number(value: Any, name: str, least: int, most: int | None = None) -> int:
    """An argument that is a whole number.

    Args:
        value: The argument.
        name: Name of the argument, for the message.
        least: The least that it may be.
        most: The most that it may be, if there is such.

    Raises:
        InputError: A value of another type, below the least, or above the most.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise InputError(f"{name} must be a whole number. Received: {value!r}.") from None
    if number < least:
        raise InputError(f"{name} must be at least {least}. Received: {number}.")
    if most is not None and number > most:
        raise InputError(f"{name} must be at most {most:,}. Received: {number:,}.")
    return number
