"""Runs as what scores ask for (`keras_t2i.metrics.subject`), until tasks offer it themselves."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.subject import Generates, ReadsLabels
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run


def open_task(path: Path, data: Path | None = None, best: bool = False) -> Any:
    """The task of a run.

    Args:
        path: The run folder.
        data: Folder of the data set; by default the one that the run was trained on.
        best: Whether its best watched state is meant, not its last.
    """
    run = Run(path, best=best)
    experiment: Any = run.experiment
    return experiment.task(run, data or run.data)


def open_classifier(path: Path) -> ReadsLabels:
    """A run as what reads labels in pictures.

    Raises:
        InputError: Not a run, not trained yet, or of a kind that reads no labels.
    """
    task = open_task(path)
    if not hasattr(task, "see"):
        raise InputError(
            f"{path}: a run of {task.experiment.name} does not read pictures; "
            "`python -m keras_t2i.fit label-classifier` trains one that does."
        )
    return _Classifier(task)


def subject_of(task: Any, model: Any = None) -> Generates:
    """A task as what draws pictures for conditions.

    Args:
        task: The task.
        model: The model of its last stage while it trains; by default the trained one.

    Raises:
        InputError: It draws no pictures that could be compared with real ones.
    """
    if not hasattr(task, "sample"):
        raise InputError(f"{task.run.path}: a run of {task.experiment.name} draws nothing.")
    return _Subject(task if model is None else task.with_generator(_whole(task, model)))


def drawn_by(task: Any) -> Generates | None:
    """A task as what draws pictures for conditions; `None` where it draws none."""
    return subject_of(task) if hasattr(task, "sample") else None


def _whole(task: Any, model: Any) -> Any:
    """What draws with the last stage's model: of a pyramid all levels."""
    from keras_t2i.tasks.pyramid.gan import Pyramid
    from keras_t2i.tasks.pyramid.task import PyramidTask

    if not isinstance(task, PyramidTask):
        return model
    stage, levels = task.experiment.gan, task.experiment.levels[:-1]
    below = [task.restore(level.model(), level.name) for level in levels]
    base = task.restore(stage.model(stage.side), stage.name)
    return Pyramid(base, [*below, model], stage.side)


def _fingerprint(weights: Sequence[np.ndarray]) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in weights)).hexdigest()


class _Subject:
    """A task that draws pictures for conditions."""

    def __init__(self, task: Any) -> None:
        from keras_t2i.tasks.pyramid.gan import Pyramid

        self._task = task
        gan = task.gan
        parts = [gan.base, *gan.levels] if isinstance(gan, Pyramid) else [gan]
        self._averages = [part.average for part in parts]
        self.step = int(parts[-1].step.numpy())

    def fingerprint(self) -> str:
        return _fingerprint([w for average in self._averages for w in average.get_weights()])

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        return self._task.sample(conditions, seeds)


class _Classifier:
    """A task that reads labels in pictures."""

    def __init__(self, task: Any) -> None:
        self._see, self._weights = task.see()
        self.labels, self.image_size = task.schema.labels, task.image_size

    def fingerprint(self) -> str:
        return _fingerprint(self._weights)

    def features_and_logits(self, images: np.ndarray) -> tuple[Any, Any]:
        return self._see(images)
