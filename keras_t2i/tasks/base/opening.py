"""Opening a run as its task."""

from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.metrics.subject import ReadsLabels
    from keras_t2i.tasks.base.task import Task


def task_of(run: Run, data: Path | None = None) -> "Task":
    """A run as the task that it is.

    Args:
        run: The run.
        data: Folder of its data set, if it does not lie where it lay.

    Raises:
        InputError: Not a run, or one that this version cannot read.
    """
    return run.experiment.task(run, data)


def open_classifier(path: Path) -> "ReadsLabels":
    """A run as what reads labels in pictures.

    Raises:
        InputError: Not a run, not trained yet, or of a task that reads no labels.
    """
    return task_of(Run(path)).classifier()
