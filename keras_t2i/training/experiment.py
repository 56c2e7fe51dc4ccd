"""An experiment is data: frozen dataclasses of JSON values."""

import dataclasses
import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro

from keras_t2i.components.bounds import from_zero
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.hardware import Switch

_PACKAGE, _DATA_PACKAGE = "keras_t2i.", "pipelines."


@dataclass(frozen=True)
class Experiment:
    """What every experiment has; a kind of system derives from it and adds its stages.

    Args:
        name: The preset that it comes from.
        seed: Fixes all randomness.
        xla: `auto` compiles steps on GPUs and TPUs only.
        deterministic: The same numbers, bit by bit, on each run on the same machine; slower.
    """

    name: Annotated[str, tyro.conf.Suppress]
    seed: int = from_zero(0, 2**32 - 1)
    xla: Switch = "auto"
    deterministic: bool = False

    needs_data: ClassVar[bool] = True
    data_kind: ClassVar[str] = "pictures"

    def write_embedded(self, folder: Path) -> None:
        """Draw the data that the project brings along for this kind of experiment."""
        from keras_t2i.pipelines.prepare import prepare

        prepare(self.embedded_source(), folder)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The stages in the order in which they are trained."""
        return ()


def to_json(value: Any) -> Any:
    """Dataclasses as dictionaries that name their class; the rest as it is."""
    if dataclasses.is_dataclass(value):
        fields = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        module = type(value).__module__.removeprefix(_PACKAGE)
        return {"class": f"{module}.{type(value).__qualname__}", **fields}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    return value


def from_json(value: Any) -> Any:
    """The inverse of `to_json`; lists become tuples.

    Raises:
        InputError: A class or a field that this version does not have.
    """
    if isinstance(value, list):
        return tuple(from_json(item) for item in value)
    if not isinstance(value, dict) or "class" not in value:
        return value
    fields = {name: from_json(item) for name, item in value.items() if name != "class"}
    module, _, name = str(value["class"]).rpartition(".")
    try:
        package = "" if module.startswith(_DATA_PACKAGE) else _PACKAGE
        kind = getattr(importlib.import_module(package + module), name)
        if not dataclasses.is_dataclass(kind):
            raise TypeError(f"{name} is no dataclass")
        return kind(**fields)
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f"The experiment names what this version of keras-t2i does not have: {error}. "
            f"Received: {json.dumps(value)[:200]}"
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
