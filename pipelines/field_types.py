"""Types of a dataclass's fields: what its values must be, and texts in the place of paths."""

import dataclasses
import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from .errors import InputError

_Value = TypeVar("_Value")
_NAMES = {
    bool: ("true or false", "truth values"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    Path: ("a path", "paths"),
    types.NoneType: ("None", "None"),
}


def check_types(value: Any, path: str = "") -> None:
    """Look through a dataclass, and those in its fields, for values of another type than declared.

    Args:
        value: The dataclass.
        path: Place of the dataclass, for messages.

    Raises:
        InputError: Such a value; the message names its field and the type that it must have.
    """
    hints = typing.get_type_hints(type(value), include_extras=True)
    for field in dataclasses.fields(value):
        name = f"{path}.{field.name}" if path else field.name
        held = getattr(value, field.name)
        check_field(name, held, hints[field.name])
        items = held if isinstance(held, tuple) else (held,)
        for i, item in enumerate(items):
            if dataclasses.is_dataclass(item) and not isinstance(item, type):
                check_types(item, f"{name}.{i}" if held is items else name)


def check_field(name: str, value: Any, hint: Any) -> None:
    """Refuse a value of another type than its field's annotation.

    A whole number is a number too; a truth value is neither.

    Args:
        name: Place of the field, for the message.
        value: The value.
        hint: The annotation.

    Raises:
        InputError: Such a value.
    """
    # Here, for its import takes a sixth of a second, and `--help` does without.
    from typeguard import CollectionCheckStrategy, TypeCheckError, check_type

    items = value if isinstance(value, tuple) else (value,)
    strict = bool in _parts(hint) or not any(isinstance(item, bool) for item in items)
    try:
        check_type(value, hint, collection_check_strategy=CollectionCheckStrategy.ALL_ITEMS)
    except TypeCheckError:
        strict = False
    if not strict:
        raise InputError(f"{name} must be {_named(hint)}. Received: {value!r}.")


def with_paths(value: _Value) -> _Value:
    """The dataclass with a `Path` in the place of each text whose field is a path."""
    hints = typing.get_type_hints(type(value))
    texts = {
        field.name: Path(held)
        for field in dataclasses.fields(value)  # type: ignore[arg-type]
        if isinstance(held := getattr(value, field.name), str) and Path in _parts(hints[field.name])
    }
    return dataclasses.replace(value, **texts) if texts else value  # type: ignore[type-var]


def _parts(hint: Any) -> set[Any]:
    """A type, and all types that it is made of."""
    return {hint}.union(*map(_parts, typing.get_args(hint))) if _is_made(hint) else {hint}


def _is_made(hint: Any) -> bool:
    return typing.get_origin(hint) not in (None, Literal)


def _named(hint: Any, number: int = 0) -> str:
    """A type in words; of several such things with `number` 1."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _named(parts[0], number)
    if origin is Literal:
        return f"one of {', '.join(map(str, parts))}"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_named(part, number) for part in parts)
    if origin is tuple and Ellipsis in parts:
        return f"a tuple of {_named(parts[0], 1)}"
    if origin is tuple:
        return f"a tuple of {' and '.join(map(_named, parts))}"
    named = getattr(hint, "__name__", str(hint))
    return _NAMES.get(hint, (f"an object of {named}", f"objects of {named}"))[number]
