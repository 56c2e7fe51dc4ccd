"""The Python API's functions; `keras_t2i` has them by name."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from keras_t2i.catalogue import PRESETS
from keras_t2i.catalogue import preset as preset_named
from keras_t2i.hub import named as models
from keras_t2i.loading import found, found_run, runs_here
from keras_t2i.pipelines.arguments import path_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.field_types import with_paths
from keras_t2i.pipelines.remote.address import is_address
from keras_t2i.pipelines.remote.data import located
from keras_t2i.pipelines.spelling import did_you_mean
from keras_t2i.pipelines.writable import require_folder
from keras_t2i.tasks.base.checks import check_experiment
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.training.branching import Branch
from keras_t2i.training.deadline import seconds_of
from keras_t2i.training.remote_run import working_run
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.metrics.watch import EvalSchedule
    from keras_t2i.tasks.base.task import Task

DRAWN = Path("data")


def presets() -> tuple[str, ...]:
    """The names of all presets."""
    return tuple(PRESETS)


def preset(name: str) -> TaskExperiment:
    """The experiment of a preset: a frozen dataclass, changed with `dataclasses.replace`.

    Raises:
        InputError: No such preset; the message names the nearest.
    """
    return preset_named(name)


def fit(
    experiment: TaskExperiment | Path | str,
    data: Path | str | None = None,
    run: Path | str | None = None,
    *,
    reuse: Path | str | None = None,
    watch: "EvalSchedule | None" = None,
    start: Path | str | None = None,
    branch: Path | str | None = None,
    stop_after: str | None = None,
) -> "Task":
    """Train every stage of a preset or experiment; the same call goes on where a run stopped.

    Examples:
        >>> import keras_t2i
        >>> dcgan = keras_t2i.preset("dcgan-demo")
        >>> birds = keras_t2i.fit(dcgan, data="data/birds", run="runs/birds")

    Args:
        experiment: An experiment, a preset's name, or a pretrained model's name (or a run's
            folder), whose experiment it is then, and which it starts from.
        data: Folder of a prepared data set, or its address (`gs://bucket/data/birds`); by default
            the project's own data are drawn to `data/`.
        run: Run folder, or its address; by default `runs/NAME`.
        reuse: Run whose finished stages are taken, where they are the same here.
        watch: Scores that are taken while the last stage trains.
        start: Run or pretrained model whose weights a new run begins with (fine-tuning). Its stages
            before the last are taken as they are: a sentence encoder with its words, too.
        branch: `RUN`, `RUN@STEP` or `RUN@best`: a kept state that a new run goes on from, with
            other rates, losses or precision of its last stage.
        stop_after: Time such as `2h` after which the training stops, saved.

    Returns:
        The trained run, ready to draw.

    Raises:
        InputError: A value that means nothing, or data or a run folder that do not fit.
        Interrupted: After SIGINT, SIGTERM or SIGHUP, or the time to stop, with the state saved.
        NonFiniteLoss: A term of a loss is no longer finite.
    """
    from keras_t2i.tasks.base.fit import fit as fit_stages

    chosen, origin = (
        named(str(experiment)) if isinstance(experiment, str | Path) else (experiment, None)
    )
    check_experiment(chosen)
    start = start or origin
    watch = with_paths(watch) if watch else None
    if start and data is None and chosen.needs_data:
        raise InputError(f"{start}: --data gives the pictures to learn from (`data` in Python).")
    if data and not chosen.needs_data:
        raise InputError(f"{chosen.name} takes no data (--data); it draws its points itself.")
    place = Path("runs") / chosen.name if run is None else path_of(run, "run")
    if not is_address(place):
        require_folder(place, "--run")
    seconds = seconds_of(stop_after) if stop_after is not None else None
    folder = None if data is None else located(path_of(data, "data"))
    if folder is None and chosen.needs_data:
        folder = drawn(chosen)
    with working_run(place) as here:
        return fit_stages(
            chosen,
            folder,
            here,
            Run(found_run(reuse)) if reuse else None,
            watch,
            Run(found_run(start)) if start else None,
            Branch.of(str(branch)) if branch is not None else None,
            seconds,
        )


def named(name: str) -> tuple[TaskExperiment, Path | None]:
    """The experiment of a preset; or of a run or pretrained model, under a name of its own.

    Args:
        name: A preset's name, a run's folder, or a pretrained model's name.

    Returns:
        The experiment, and where the run or model lies that it starts from.

    Raises:
        InputError: Nothing is so called; the message names the nearest.
    """
    if name in PRESETS:
        return preset_named(name), None
    place = found(name)
    if (place / "experiment.json").exists():
        experiment = Run(place).experiment
        assert isinstance(experiment, TaskExperiment)
        return replace(experiment, name=f"{place.resolve().name}-tuned"), place
    hint = did_you_mean(name, [*PRESETS, *models.names(), *runs_here()])
    if hint:
        raise InputError(f"Unknown preset or model {name!r}.{hint}")
    return preset_named(name), None  # raises, and says what there is


def drawn(experiment: TaskExperiment) -> Path:
    """The data set that the project draws for an experiment's task, drawn at the first use."""
    folder = DRAWN / experiment.drawn_name
    if not _is_there(folder):
        DRAWN.mkdir(exist_ok=True)
        # Of several workers on one disk, one draws.
        with FileLock(DRAWN / f".{experiment.drawn_name}.lock"):
            if not _is_there(folder):
                print(f"No --data: drawing {experiment.drawn_name} to {folder} …", file=sys.stderr)
                experiment.draw_data(folder)
    return folder


def _is_there(folder: Path) -> bool:
    """Whether a data set is whole: its description is written last."""
    return (folder / "dataset.json").exists()
