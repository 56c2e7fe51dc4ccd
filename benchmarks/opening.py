"""Opening of runs and networks of the kind that a benchmark needs."""

from pathlib import Path
from typing import TypeVar

from keras_t2i.loading import load
from keras_t2i.metrics.extractors import GivesMaps
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task

Kind = TypeVar("Kind", bound=Task)


def opened(where: Path, kind: type[Kind], what: str, data: Path | None = None) -> Kind:
    """A trained run as its task.

    Args:
        where: A run, or the name of a pretrained model.
        kind: Class of the task.
        what: The kind in words, such as `a run that draws from captions`.
        data: Folder of the run's data set, if it has moved.

    Raises:
        InputError: No run, or a run of another kind.
    """
    task = load(where, data=data)
    if not isinstance(task, kind):
        raise InputError(f"{task!r} is of another kind than needed here: {what}.")
    return task


def extractor_of_maps(path: str) -> GivesMaps:
    """The extractor of a path, for perceptual distances.

    Raises:
        InputError: No such extractor, or one that shows no maps.
    """
    from keras_t2i.metrics.extractors.finding import find_extractor

    extractor = find_extractor(path)
    if not isinstance(extractor, GivesMaps):
        raise InputError(
            f"--extractor {path}: shows no maps, which perceptual distances need; SqueezeNet does."
        )
    return extractor
