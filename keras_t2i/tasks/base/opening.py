"""Opening a run as its task."""

from pathlib import Path

from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.task import Task
from keras_t2i.training.run import Run


def task_of(run: Run, data: Path | None = None) -> Task:
    """Open a run as its task.

    Args:
        run: The run.
        data: Folder of the run's data set, if it has moved.

    Raises:
        InputError: Not a run, or one that this version cannot read.
    """
    experiment = run.experiment
    if not isinstance(experiment, TaskExperiment):
        raise InputError(f"{run.path}: no task has the experiment {type(experiment).__name__}.")
    return experiment.task(run, data)


def open_classifier(path: Path) -> ReadsLabels:
    """Open a run as a network that reads labels in pictures.

    Raises:
        InputError: Not a run, not trained yet, or of a task that reads no labels.
    """
    return task_of(Run(path)).classifier()
