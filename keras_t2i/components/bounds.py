"""Limits of the numbers of a component."""

import dataclasses
import math
import typing
from typing import Annotated, Any

from annotated_types import Ge, Interval, Le

from keras_t2i.pipelines.errors import InputError

FromZero = Annotated[int, Ge(0)]  # a whole number that may be 0, which most must not
Factor = Annotated[float, Ge(0)]  # of a term that may be left out
Signed = Annotated[float, Ge(-math.inf)]  # a number that may be negative
Share = Annotated[float, Interval(ge=0, le=1)]
Seed = Annotated[int, Interval(ge=0, le=2**32 - 1)]


def check_numbers(value: Any, path: str = "") -> None:
    """Look through a component for numbers that mean nothing.

    A whole number counts something: it is at least 1. Any other number is finite and not negative.
    Bounds in a field's annotation (`FromZero`, `Share`, or any of `annotated_types`) come before.

    Raises:
        InputError: Such a number; the message names it as the command line does.
    """
    hints = typing.get_type_hints(type(value), include_extras=True)
    for field in dataclasses.fields(value):
        name = f"{path}.{field.name}" if path else field.name
        held = getattr(value, field.name)
        items = held if isinstance(held, tuple) else (held,)
        for i, item in enumerate(items):
            if dataclasses.is_dataclass(item) and not isinstance(item, type):
                check_numbers(item, f"{name}.{i}" if held is items else name)
            elif isinstance(item, int | float) and not isinstance(item, bool):
                _check(name, item, hints[field.name])


def _check(name: str, number: float, hint: Any) -> None:
    option = f"--{name.replace('_', '-')}"
    least, most = _bounds(hint, number)
    if least < 0 and not math.isfinite(number):
        raise InputError(f"{option} must be a finite number. Received: {number}.")
    if not math.isfinite(number) or (isinstance(number, float) and number < 0 <= least):
        raise InputError(f"{option} must be a number that is not negative. Received: {number}.")
    if number < least:
        raise InputError(f"{option} must be at least {least}. Received: {number}.")
    if number > most:
        raise InputError(f"{option} must be at most {most}. Received: {number}.")


def _bounds(hint: Any, number: float) -> tuple[float, float]:
    """The least and the most that an annotated number may be."""
    least: float = 1 if isinstance(number, int) and _unannotated(hint) is not float else 0
    most = math.inf
    for rule in getattr(hint, "__metadata__", ()):
        for each in rule if isinstance(rule, Interval) else (rule,):
            if isinstance(each, Ge):
                least = typing.cast(float, each.ge)
            elif isinstance(each, Le):
                most = typing.cast(float, each.le)
    return least, most


def _unannotated(hint: Any) -> Any:
    return typing.get_args(hint)[0] if typing.get_origin(hint) is Annotated else hint
