"""Components by name: what an experiment's JSON may hold."""

import dataclasses
import importlib
from typing import TypeVar, dataclass_transform

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.spelling import did_you_mean

_Kind = TypeVar("_Kind", bound=type)
_BY_NAME: dict[str, type] = {}
_BUILT_IN = "keras_t2i.catalogue"


@dataclass_transform(frozen_default=True)
def component(kind: _Kind) -> _Kind:
    """Make a class a frozen dataclass of JSON values, and register it by its name.

    Decorate a loss, a penalty, a network's sizes, a stage or an experiment that you define: then
    runs can name it, and every command reads them with `--import FILE_OR_MODULE`.

    Examples:
        >>> @component
        ... class Cutoff(SeparableLoss):
        ...     limit: float = 1.0

    Raises:
        ValueError: Another class has this name.
    """
    dataclasses.dataclass(frozen=True)(kind)
    return register(kind)


def register(kind: _Kind) -> _Kind:
    """Register a frozen dataclass by its name; of data that know nothing of this package.

    Raises:
        ValueError: Another class has this name.
    """
    held = _BY_NAME.setdefault(kind.__name__, kind)
    if (held.__module__, held.__qualname__) != (kind.__module__, kind.__qualname__):
        raise ValueError(
            f"A component's name must be its own: {kind.__name__} is {held.__module__}'s already. "
            f"Received: {kind.__module__}.{kind.__qualname__}."
        )
    _BY_NAME[kind.__name__] = kind
    return kind


def component_named(name: str) -> type:
    """The class of a registered name.

    Raises:
        InputError: No such component.
    """
    if name not in _BY_NAME:
        # The package's own components are known by being imported; a reader of runs need not have
        # imported all of them.
        importlib.import_module(_BUILT_IN)
    if name not in _BY_NAME:
        hint = did_you_mean(name, _BY_NAME)
        raise InputError(
            f"No component is called {name!r} in this version of keras-t2i.{hint} If it is your "
            "own, name the file or module that defines it: --import my_file.py."
        )
    return _BY_NAME[name]
