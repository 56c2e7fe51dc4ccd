"""A new training that begins with what another run has learned (fine-tuning)."""

import shutil
from pathlib import Path

from keras_t2i.components.values import differences, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.reuse import take_stages
from keras_t2i.training.run import Run

FILE = "start.npz"
ORIGIN = "started_from.json"


def check_start(experiment: Experiment, other: Run) -> None:
    """Refuse a run that the experiment cannot begin with.

    The stages before the last are taken as they are, so their settings must be the same; of the
    last, only the networks must be.

    Raises:
        InputError: `other` is no run, one of another task, of other settings, or not finished.
    """
    theirs = other.experiment
    if type(theirs) is not type(experiment):
        raise InputError(
            f"{other.path} cannot be begun with: it is a {type(theirs).__name__}, not a "
            f"{type(experiment).__name__}."
        )
    for one, two in zip(theirs.stages[:-1], experiment.stages[:-1], strict=True):
        changed = differences({one.name: to_json(one)}, {two.name: to_json(two)})
        if changed:
            raise InputError(
                f"{other.path}: stage `{two.name}` is taken from it as it is, so these cannot "
                "change (there -> here):\n  " + "\n  ".join(changed)
            )
    for stage in theirs.stages:
        if other.summary(stage.name) is None:
            raise InputError(f"{other.path}: stage `{stage.name}` is not finished there.")


def take_earlier_stages(experiment: Experiment, other: Run, run: Run) -> None:
    """Copy what stands before the last stage, and the words that it knows, into a new run."""
    for file in other.path.glob("vocabulary*"):
        shutil.copyfile(file, run.path / file.name)
    take_stages([stage.name for stage in experiment.stages[:-1]], other, run)
    write_json(run.path / ORIGIN, {"run": other.path.name, "experiment": to_json(other.experiment)})


def start_file(run: Run) -> Path:
    """Where a run keeps the weights that its last stage begins with."""
    return run.stage(run.experiment.stages[-1].name) / FILE
