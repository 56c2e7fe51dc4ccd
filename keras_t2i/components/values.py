"""Components as JSON values, and back."""

import dataclasses
import json
import typing
from typing import Any

from keras_t2i.components.registry import component_named
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.field_types import check_field


def to_json(value: Any) -> Any:
    """Components as dictionaries that name their class; tuples as lists; the rest as it is."""
    if dataclasses.is_dataclass(value):
        fields = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"class": type(value).__name__, **fields}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any, path: str = "experiment") -> Any:
    """The inverse of `to_json`; lists become tuples.

    Args:
        value: JSON values.
        path: Place of the values, for messages.

    Raises:
        InputError: A class or a field that this version does not have, or a field's value of
            another type than the field's.
    """
    if isinstance(value, list):
        return tuple(from_json(item, f"{path}.{i}") for i, item in enumerate(value))
    if not isinstance(value, dict) or "class" not in value:
        return value
    kind = component_named(str(value["class"]))
    given = {n: from_json(v, f"{path}.{n}") for n, v in value.items() if n != "class"}
    hints = typing.get_type_hints(kind)
    for name, held in given.items():
        if name in hints:
            check_field(f"{path}.{name}", held, hints[name])
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError(
            f"{path}: this version of keras-t2i cannot make {kind.__name__} of it ({error})."
        ) from error


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """The fields in which two JSON values differ, each as `path: old -> new`."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = [*old, *(name for name in new if name not in old)]
        return [
            line
            for name in names
            for line in differences(
                old.get(name, "(absent)"), new.get(name, "(absent)"), f"{path}.{name}".lstrip(".")
            )
        ]
    if old == new:
        return []
    return [f"{path}: {json.dumps(old)} -> {json.dumps(new)}"]
