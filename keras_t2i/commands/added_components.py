"""Components that the options of a command line add to an experiment."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterable
from typing import Any, TypeVar

from keras_t2i.training.stage import Stage

_NUMBERED = re.compile(r"--(?P<field>[a-z][a-z0-9._-]*?)\.(?P<number>[0-9]+)\.")

Value = TypeVar("Value")


def with_added(experiment: Value, words: Iterable[str]) -> Value:
    """An experiment with a further component where an option names the next one of a field.

    `--gan.feature-critics.0.extractor FILE` adds critics to a GAN that has none. Nothing is added
    to stages, nor where the type of a field leaves the class open, as that of penalties does.

    Args:
        experiment: The experiment.
        words: Words of the command line.
    """
    found = [option for word in words if (option := _NUMBERED.match(word))]
    for option in sorted(found, key=lambda option: int(option["number"])):
        names = option["field"].replace("-", "_").split(".")
        experiment = _added(experiment, names, int(option["number"]))
    return experiment


def _added(value: Any, names: list[str], number: int) -> Any:
    """A component with a further one in a field of its own, or of a component in it."""
    name, *rest = names
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    if name not in {field.name for field in dataclasses.fields(value)}:
        return value
    held = getattr(value, name)
    if rest:
        return dataclasses.replace(value, **{name: _added(held, rest, number)})
    kind = _kind(typing.get_type_hints(type(value)).get(name))
    if kind is None or number != len(held):
        return value
    return dataclasses.replace(value, **{name: (*held, kind())})


def _kind(hint: Any) -> type | None:
    """The class of the components that may be added to a field of such a type, if there is one."""
    if typing.get_origin(hint) is not tuple:
        return None
    kind, *further = typing.get_args(hint)
    if further != [...] or not isinstance(kind, type) or issubclass(kind, Stage):
        return None
    return kind if dataclasses.is_dataclass(kind) and not inspect.isabstract(kind) else None
