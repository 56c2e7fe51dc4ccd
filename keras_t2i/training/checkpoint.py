"""Checkpoints: all that the next step depends on, a file for each kept step.

A checkpoint is NumPy's `.npz` archive of the model's variables, each under its part and its place
there. It appears whole and has a sum of all its arrays, so a damaged one is known and the one
before it is taken. No list of the files is kept that could be lost.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.arrays import Damaged, read_arrays, write_arrays
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import remove_partials
from keras_t2i.training import old_checkpoint

if TYPE_CHECKING:
    from keras_t2i.training.tracked_model import TrackedModel

KEPT = 3
_NAME = re.compile(r"ckpt-([0-9]+)\.npz")


def save(model: "TrackedModel", folder: Path) -> Path:
    """Write a model's state at its step; the three newest states stay.

    States of later steps go: a training comes here again only from a state before them.

    Args:
        model: The model.
        folder: Folder of the checkpoints; it is created.

    Returns:
        The file.
    """
    step = int(model.step.numpy())
    file = file_of(folder, step)
    write_arrays(file, {name: v.value.numpy() for name, v in variables_of(model).items()})
    held = steps(folder)
    for other in {*held} - {*[s for s in held if s <= step][-KEPT:]}:
        file_of(folder, other).unlink()
    old_checkpoint.remove(folder)
    remove_partials(folder)
    return file


def restore(
    model: "TrackedModel", folder: Path, others: Callable[[Path], None] = lambda file: None
) -> bool:
    """Give a model its newest state that can be read; stderr names those that are skipped.

    Args:
        model: The model.
        folder: Folder of the checkpoints, which need not exist.
        others: Function that hears of a state with other added networks than the model's.

    Returns:
        Whether there is a state.

    Raises:
        InputError: No state can be read, or the newest that can be is of another network.
    """
    damaged: list[Damaged] = []
    for step in reversed(steps(folder)):
        try:
            values = read_arrays(file_of(folder, step))
        except Damaged as error:
            damaged.append(error)
            continue
        for each in damaged:
            print(f"WARNING: {each} Going back to step {step}.", file=sys.stderr)
        if not _assign(model, values, file_of(folder, step)):
            others(file_of(folder, step))
        return True
    if old_checkpoint.restore(variables_of(model), folder):
        return True
    if damaged:
        raise damaged[0]
    return False


def steps(folder: Path) -> list[int]:
    """The steps whose state a folder holds, ascending."""
    names = (p.name for p in folder.iterdir()) if folder.is_dir() else ()
    found = (_NAME.fullmatch(name) for name in names)
    return sorted(int(match[1]) for match in found if match)


def file_of(folder: Path, step: int) -> Path:
    """The file of a step's state."""
    return folder / f"ckpt-{step}.npz"


def newest_whole(folder: Path) -> int | None:
    """The last step whose state can be read; `None` where there is none."""
    for step in reversed(steps(folder)):
        try:
            read_arrays(file_of(folder, step))
        except Damaged:
            continue
        return step
    return None


def variables_of(model: "TrackedModel") -> dict[str, Any]:
    """The variables that a model's next step depends on, by part and place.

    Without learning rates, which Keras keeps as variables: they are settings, which a run that goes
    on from a state of another may change.

    TensorFlow's own walk through the objects does not enter the lists of layers that Keras tracks,
    and would leave those weights out unnoticed; Keras's names depend on what else the process has
    built.
    """
    return _named(model.trained_parts()) | _means(model)


def _means(model: "TrackedModel") -> dict[str, Any]:
    """The running means of an interval, which a state of other terms, or none, need not have."""
    means = [variable for metric in model.metrics for variable in metric.variables]
    return {f"means {i:04d}": variable for i, variable in enumerate(means)}


def _named(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{part} {i:04d}": variable
        for part, holder in parts.items()
        for i, variable in enumerate(holder.variables)
        if variable.name != "learning_rate"
    }


def _assign(model: "TrackedModel", values: dict[str, np.ndarray], file: Path) -> bool:
    """Give a model the values of a checkpoint.

    Returns:
        Whether all of the model is in it; added networks may be others.

    Raises:
        InputError: A variable is missing in the checkpoint, or has another shape.
    """
    named = wanted = _named(model.trained_parts())
    if named.keys() != {name for name in values if not name.startswith("means ")}:
        named = _named(model.parts_without_added)
    for name, variable in named.items():
        if name not in values:
            raise InputError(f"{file}: holds another network: it has no {name!r}.")
        if values[name].shape != tuple(variable.shape):
            raise InputError(
                f"{file}: holds another network: its {name!r} has the shape "
                f"{values[name].shape}, not {tuple(variable.shape)}."
            )
    means = _means(model)
    if means.keys() == {name for name in values if name.startswith("means ")}:
        named |= means
    for name, variable in named.items():
        variable.assign(values[name])
    return wanted.keys() <= named.keys()
