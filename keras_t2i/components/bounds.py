"""What the numbers of an experiment may be."""

import dataclasses
import math
from typing import Any

from keras_t2i.pipelines.errors import InputError

_LEAST, _MOST = "least", "most"
_SHARES = {"beta", "beta_1", "beta_2", "decay", "dropout", "forget", "held"}


def from_zero(default: int, most: float = math.inf) -> Any:
    """A field of a whole number that may be 0, which most must not."""
    return dataclasses.field(default=default, metadata={_LEAST: 0, _MOST: most})


def check_numbers(value: Any, path: str = "") -> None:
    """Look through an experiment, or a part of it, for numbers that mean nothing.

    Whole numbers count something and are at least 1, or 0 where `from_zero` says so; others are
    finite and not negative; shares, by their names, are at most 1.

    Raises:
        InputError: Such a number; the message names it as the command line does.
    """
    for field in dataclasses.fields(value):
        name = f"{path}.{field.name}" if path else field.name
        held = getattr(value, field.name)
        items = held if isinstance(held, tuple) else (held,)
        for i, item in enumerate(items):
            if dataclasses.is_dataclass(item):
                check_numbers(item, f"{name}.{i}" if held is items else name)
            else:
                most = 1 if field.name in _SHARES else field.metadata.get(_MOST, math.inf)
                _check(name, item, field.metadata.get(_LEAST, 1), most)


def _check(name: str, number: Any, least: int, most: float) -> None:
    option = f"--{name.replace('_', '-')}"
    whole = isinstance(number, int) and not isinstance(number, bool)
    if whole and number < least:
        raise InputError(f"{option} must be at least {least}. Received: {number}.")
    if isinstance(number, float) and not (math.isfinite(number) and number >= 0):
        raise InputError(f"{option} must be a number that is not negative. Received: {number}.")
    if (whole or isinstance(number, float)) and number > most:
        raise InputError(f"{option} must be at most {most}. Received: {number}.")
