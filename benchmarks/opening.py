"""Opening of trained runs of the kind that a benchmark measures."""

from pathlib import Path
from typing import TypeVar

from keras_t2i.loading import load
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task

Kind = TypeVar("Kind", bound=Task)


def opened(where: Path, kind: type[Kind], data: Path | None = None) -> Kind:
    """A trained run as its task.

    Args:
        where: A run, or the name of a pretrained model.
        kind: Class of the task.
        data: Folder of the run's data set, if it has moved.

    Raises:
        InputError: No run, or a run of another task.
    """
    task = load(where, data=data)
    if not isinstance(task, kind):
        raise InputError(f"{task!r} cannot be measured here: its task must be {kind.__name__}.")
    return task
