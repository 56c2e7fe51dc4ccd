"""Weights alone, in half precision: enough to draw, but not to train on."""

from pathlib import Path
from typing import Any

import numpy as np

from keras_t2i.pipelines.arrays import read_arrays, write_arrays
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.tracked_model import TrackedModel

FILE = "weights.npz"
_STEP = "step"


def save_weights(model: TrackedModel, file: Path) -> None:
    """Write the weights that a model draws with, numbers as float16, and its step.

    Args:
        model: The model.
        file: The file to write.
    """
    values: dict[str, Any] = {name: _halved(v.numpy()) for name, v in _named(model).items()}
    values[_STEP] = model.step.numpy()
    write_arrays(file, values, compressed=True)


def load_weights(model: TrackedModel, file: Path) -> None:
    """Give a model the weights of a file that `save_weights` wrote.

    Raises:
        InputError: The file cannot be read, or holds the weights of another model.
    """
    named = _named(model)
    values = read_arrays(file, summed=False)
    shapes = {name: value.shape for name, value in values.items() if name != _STEP}
    wanted = {name: tuple(variable.shape) for name, variable in named.items()}
    step = values.get(_STEP, np.zeros(1))
    if step.shape or any(value.dtype.kind not in "fiub" for value in values.values()):
        raise InputError(f"{file}: the weights cannot be read (they are no numbers).")
    if shapes != wanted:
        differing = sorted(shapes.items() ^ wanted.items())[:1]
        raise InputError(f"{file}: the weights of another model; one that differs: {differing}.")
    for name, variable in named.items():
        variable.assign(values[name].astype(variable.dtype))
    model.step.assign(step.astype("int64"))


def begin_with(model: TrackedModel, file: Path) -> None:
    """Let an untrained model begin with the weights that another one draws with, at step 0.

    Raises:
        InputError: The file cannot be read, or holds the weights of another model.
    """
    load_weights(model, file)
    model.step.assign(0)
    model.finished.assign(False)
    model.begin_from_drawing_parts()


def _named(model: TrackedModel) -> dict[str, Any]:
    """The variables that a model draws with, by part and place; seeds of dropout are left out."""
    return {
        f"{part} {i:04d}": variable
        for part, holder in model.drawing_parts().items()
        for i, variable in enumerate(holder.variables)
        if "seed_generator" not in variable.path
    }


def _halved(value: np.ndarray) -> np.ndarray:
    return value.astype("float16") if value.dtype == np.float32 else value
