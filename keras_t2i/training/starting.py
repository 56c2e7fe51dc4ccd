"""Start of a new training with the weights of another run (fine-tuning)."""

import hashlib
import shutil
from typing import Any

from keras_t2i.components.values import differences, to_json
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import NOTICES, ORIGIN, Run, read_json


def check_start(experiment: Experiment, info: DatasetInfo | None, other: Run, run: Run) -> None:
    """Refuse a run that the experiment cannot begin with; nothing is written yet.

    The stages before the last are taken as they are, so their settings must be the same; of the
    last, only the networks must be.

    Raises:
        InputError: `other` is no run, one of another task, of other settings, of other sizes or not
            finished; or the new run has begun otherwise.
    """
    theirs = other.experiment
    if other.path.resolve() == run.path.resolve():
        raise InputError(
            f"{run.path} cannot start from itself. To go on with it, give its preset and --run; "
            "to start from it, another --run."
        )
    if type(theirs) is not type(experiment) or len(theirs.stages) != len(experiment.stages):
        raise InputError(
            f"{other.path} cannot be started from: it is a {type(theirs).__name__} of "
            f"{len(theirs.stages)} stages, not a {type(experiment).__name__} of "
            f"{len(experiment.stages)}."
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
    if info and theirs.needs_data and other.info.image_size != info.image_size:
        side = other.info.image_size
        raise InputError(
            f"{other.path} draws pictures of {side}, the data have {info.image_size}: prepare "
            f"them with --image-size {side}."
        )
    _check_origin(experiment, other, run)


def _check_origin(experiment: Experiment, other: Run, run: Run) -> None:
    """Refuse a run that began without a start, or with another one."""
    file = run.path / ORIGIN
    if file.exists() and read_json(file) != origin_of(other):
        raise InputError(
            f"{run.path} started from {read_json(file).get('model')!r} in another state, not from "
            f"{other.path}; use another --run."
        )
    if not file.exists() and any(run.stage(stage.name).exists() for stage in experiment.stages):
        raise InputError(f"{run.path} has begun already, and not with {other.path}.")


def origin_of(other: Run) -> dict[str, str]:
    """Origin of a run that started from another: its name, and the state of its last stage."""
    folder = other.stage(other.experiment.stages[-1].name)
    states = sorted([*folder.glob("weights.npz"), *folder.glob("checkpoints/ckpt-*")])
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in states))
    return {"model": other.path.name, "sha256": digest.hexdigest()}


def mark_start(other: Run, run: Run) -> None:
    """Say in a new run what it starts from, and what its licence asks; the first thing to write."""
    write_json(run.path / ORIGIN, origin_of(other))
    for file in (*other.path.glob("vocabulary*"), *(other.path / name for name in NOTICES)):
        if file.is_file():
            shutil.copyfile(file, run.path / file.name)


def taken(summary: dict[str, Any] | None, other: Run) -> dict[str, Any]:
    """The summary of a stage that was taken from another run."""
    return {**(summary or {}), "reused_from": other.path.name}


def discard_start(experiment: Experiment, run: Run) -> None:
    """Undo a start that turned out not to fit: it was made of copies."""
    for stage in experiment.stages:
        if (run.stage(stage.name) / "checkpoints").exists():
            return
    for stage in experiment.stages:
        shutil.rmtree(run.stage(stage.name), ignore_errors=True)
    for name in (ORIGIN, "vocabulary.txt", "vocabulary.sha256", *NOTICES):
        (run.path / name).unlink(missing_ok=True)
