"""The Python API's functions; `keras_t2i` has them by name."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.catalogue import PRESETS
from keras_t2i.catalogue import preset as preset_named
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.experiment import TaskExperiment
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
    experiment: TaskExperiment | str,
    data: Path | str | None = None,
    run: Path | str | None = None,
    *,
    reuse: Path | str | None = None,
    watch: "EvalSchedule | None" = None,
) -> "Task":
    """Train every stage of a preset or experiment; the same call goes on where a run stopped.

    Example:
        >>> import keras_t2i
        >>> dcgan = keras_t2i.preset("dcgan-demo")
        >>> birds = keras_t2i.fit(dcgan, data="data/birds", run="runs/birds")

    Args:
        experiment: An experiment, or a preset's name.
        data: Folder of a prepared data set; by default the project's own data are drawn to `data/`.
        run: Run folder; by default `runs/NAME`.
        reuse: A run from which finished stages are taken that are the same here.
        watch: Scores while the last stage trains.

    Returns:
        The trained run, ready to draw.

    Raises:
        InputError: A value that means nothing, or data or a run folder that do not fit.
        Interrupted: After SIGINT or SIGTERM, with the state saved.
        NonFiniteLoss: A term of a loss is no longer finite.
    """
    from keras_t2i.tasks.base.fit import fit as fit_stages

    chosen = preset(experiment) if isinstance(experiment, str) else experiment
    if data and not chosen.needs_data:
        raise InputError(f"--data: {chosen.name} takes no data; it draws its own points.")
    folder = Path(data) if data else (drawn(chosen) if chosen.needs_data else None)
    place = Run(Path(run) if run else Path("runs") / chosen.name)
    return fit_stages(chosen, folder, place, Run(Path(reuse)) if reuse else None, watch)


def drawn(experiment: TaskExperiment) -> Path:
    """The data set that the project draws for an experiment's task, drawn at the first use."""
    source = experiment.drawn_source()
    folder = DRAWN / source.name
    if not (folder / "dataset.json").exists():
        print(f"No --data: drawing {source.name} to {folder} …", file=sys.stderr)
        experiment.draw_data(folder)
    return folder
