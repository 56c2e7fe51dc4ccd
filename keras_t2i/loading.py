"""Opening of trained models: a run, an exported model, or a model by its name."""

from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.exporting.loaded import Loaded
from keras_t2i.hub import huggingface, named
from keras_t2i.pipelines.arguments import path_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.address import is_address
from keras_t2i.pipelines.remote.data import located
from keras_t2i.pipelines.spelling import did_you_mean
from keras_t2i.tasks.base.opening import open_classifier, task_of
from keras_t2i.training.remote_run import fetched
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.tasks.base.task import Task

__all__ = ["load", "open_classifier", "task_of"]

MODELS = Path("saved_models")
RUNS = Path("runs")


def load(
    where: Path | str, *, best: bool = False, data: Path | str | None = None
) -> "Task | Loaded":
    """Open a trained run, an exported model, a pretrained model by its name, or one of a hub.

    A name is looked for in `saved_models/`, then among the pretrained models: `cub10-birds`,
    `drawn-birds`, `drawn-faces`.

    Neither needs the data set; TensorFlow is imported when something is drawn.

    Examples:
        >>> import keras_t2i
        >>> birds = keras_t2i.load("runs/birds")
        >>> images = birds.generate("a small red bird", seed=7)  # uint8 (1, S, S, 3)

    Args:
        where: A run folder, a SavedModel, a folder of a SavedModel's versions, the address of one
            (`gs://bucket/runs/birds`), a name such as `cub10-birds`, or `hf://owner/name` of the
            Hugging Face Hub (`pip install 'keras-t2i[hub]'`).
        best: Whether a run's best state is taken in place of its last.
        data: Folder of a run's data set, if it has moved.

    Raises:
        InputError: A place that holds no run and no exported model, or a name of none.
    """
    path = found(where)
    if (path / "experiment.json").exists():
        folder = None if data is None else located(path_of(data, "data"))
        return task_of(Run(path, best=best), folder)
    if is_exported(path):
        from keras_t2i.exporting.exported_model import ExportedModel

        return ExportedModel(path)
    here = {folder.name for folder in MODELS.glob("*") if is_model(folder)}
    hint = did_you_mean(str(where), [*here, *named.names(), *runs_here()])
    raise InputError(
        f"{where}: neither a run folder (with experiment.json) nor an exported model (with "
        f"saved_model.pb, or with versions of one).{hint} Models by name: "
        f"{', '.join(sorted(here | set(named.names())))}."
    )


def found(where: Path | str) -> Path:
    """Folder of the run or model with this path, name or address; else the path as it is.

    A pretrained model that did not come along is fetched.

    Raises:
        InputError: A pretrained model that must be fetched, and cannot be.
    """
    if huggingface.is_address(where):
        return huggingface.snapshot(where)
    if is_address(where):
        return fetched(where)
    given = path_of(where, "The run or model")
    for path in (given, MODELS / given):
        try:
            there = is_model(path)
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}.") from error
        if there:
            named.tell_notice(path)
            return path
    return named.folder_of(str(where)) or given


def found_run(where: Path | str) -> Path:
    """The folder of a run, or of a pretrained model, with this path, name or address.

    Raises:
        InputError: There is none; the message names the nearest.
    """
    path = found(where)
    if not (path / "experiment.json").exists():
        hint = did_you_mean(str(where), [*named.names(), *runs_here()])
        raise InputError(f"{where} is not a run folder: it has no experiment.json.{hint}")
    return path


def runs_here() -> list[str]:
    """The runs below `runs/`, as a user names them."""
    return [str(file.parent) for file in RUNS.glob("*/experiment.json")]


def is_model(path: Path) -> bool:
    """Whether a folder is a run, or an exported model."""
    return (path / "experiment.json").exists() or is_exported(path)


def is_exported(path: Path) -> bool:
    """Whether a folder is a SavedModel, or holds versions of one."""
    return (path / "saved_model.pb").exists() or any(path.glob("[0-9]*/saved_model.pb"))
