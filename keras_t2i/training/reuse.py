"""Taking finished stages from another run."""

import dataclasses
import shutil
from typing import Any

from keras_t2i.components.values import differences, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.pipelines.whole_folder import whole_folder
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run, read_json
from keras_t2i.training.stage import Stage


def reusable(experiment: Experiment, info: DatasetInfo | None, other: Run) -> list[str]:
    """The names of the stages that `other` has finished just as the experiment would train them.

    Stages are taken from the first on, up to the first that differs; the last is never taken. The
    seed may differ.

    Args:
        experiment: The experiment.
        info: Information about the data set; `None` for an experiment that needs none.
        other: The run to take stages from.

    Raises:
        InputError: `other` is no run, is of other data, or its first stage differs or is not
            finished; the message lists the differing fields.
    """
    theirs = other.experiment
    if info is None or not theirs.needs_data:
        without = experiment if info is None else theirs
        raise InputError(
            f"--reuse {other.path}: {without.name} needs no data and has one stage; there is "
            "nothing to take."
        )
    if other.info.checksum != info.checksum:
        raise InputError(f"--reuse {other.path}: it was trained on other data.")
    common = _common(theirs), _common(experiment)
    found: list[str] = []
    for one, two in zip(theirs.stages, experiment.stages[:-1], strict=False):
        changed = differences(
            common[0] | {one.name: to_json(one)}, common[1] | {two.name: to_json(two)}
        )
        if not changed and other.summary(two.name) is None:
            changed = [f"stage `{two.name}` is not finished there"]
        if changed and not found:
            raise InputError(
                f"--reuse {other.path}: its first stage is another one (there -> here):\n  "
                + "\n  ".join(changed)
            )
        if changed:
            break
        found.append(two.name)
    if not found:
        raise InputError(f"--reuse {other.path}: {experiment.name} has no stage to take from it.")
    return found


def take_stages(names: list[str], other: Run, run: Run) -> None:
    """Copy stages into a run that has not begun them; the summary says where they come from."""
    for name in names:
        if run.stage(name).exists():
            continue
        with whole_folder(run.stage(name), "summary.json") as partial:
            shutil.copytree(other.stage(name), partial, dirs_exist_ok=True)
            summary = read_json(partial / "summary.json")
            origin = summary.get("reused_from", str(other.path.resolve()))
            write_json(partial / "summary.json", {**summary, "reused_from": origin})


def _common(experiment: Experiment) -> dict[str, Any]:
    """Settings that all stages of an experiment share, as JSON values."""
    everywhere = {f.name for f in dataclasses.fields(Experiment)}
    values = {f.name: getattr(experiment, f.name) for f in dataclasses.fields(experiment)}
    return {
        name: to_json(value)
        for name, value in values.items()
        if name not in everywhere and not _is_of_stages(value)
    }


def _is_of_stages(value: Any) -> bool:
    """Whether a field holds a stage, or several."""
    several = value if isinstance(value, tuple) else (value,)
    return bool(several) and all(isinstance(each, Stage) for each in several)
