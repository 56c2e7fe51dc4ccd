"""A trained run as a pretrained model: a small folder that draws, but cannot train on."""

import shutil
from pathlib import Path
from typing import Any, Protocol

from keras_t2i.exporting.model_card import model_card, shown_summary
from keras_t2i.hub.card import readme
from keras_t2i.metrics.subject import Generates
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json, write_text
from keras_t2i.pipelines.whole_folder import whole_folder
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import NOTICES, Run, read_json
from keras_t2i.training.stage import Stage
from keras_t2i.training.weights import FILE, save_weights

_COPIED = ("experiment.json", "task.json", "statistics.json", "vocabulary.txt", *NOTICES)


class Trained(Protocol):
    """A run, trained to its end, as far as it matters here; every task is one."""

    experiment: Experiment
    run: Run

    @property
    def scored(self) -> bool:
        """Whether it has a `subject`."""

    @property
    def example(self) -> str | None:
        """Words of `generate` that draw something with it."""

    def trained(self, stage: Stage) -> Any:
        """The trained model of a stage."""

    def subject(self) -> Generates:
        """Trained generator that scores judge."""


def save_pretrained(task: Trained, out: Path | str, *, overwrite: bool = False) -> Path:
    """Write what a run draws with: weights as float16 of every stage, words, sizes, a card.

    Critics, optimizers and the data stay behind, and so do the places of files on this machine.
    The captions of the sample grids come along (task.json): they are the data's.

    Args:
        task: A run, trained to its end.
        out: The folder to write, whole or not at all.
        overwrite: Whether a pretrained model there gives way.

    Returns:
        The folder.

    Raises:
        InputError: A stage is not trained yet, or the folder is in use, such as by a run.
    """
    run, out = task.run, Path(out)
    if (out / "experiment.json").exists() and not Run(out).pretrained:
        raise InputError(f"{out} is a run, which nothing may replace; choose another folder.")
    with whole_folder(out, "experiment.json", overwrite) as partial:
        for name in _COPIED:
            if (run.path / name).exists():
                shutil.copyfile(run.path / name, partial / name)
        names = {
            file: Path(file).name for each in task.experiment.stages for file in each.given_files
        }
        for name in ("experiment.json", "task.json"):
            if names and (partial / name).exists():
                write_json(partial / name, _renamed(read_json(partial / name), names))
        if task.experiment.needs_data:
            write_json(partial / "dataset.json", _without_places(run.info.to_json()))
        for stage in task.experiment.stages:
            model = task.trained(stage)
            (partial / stage.name).mkdir()
            for name in stage.kept:
                shutil.copytree(run.stage(stage.name) / name, partial / stage.name / name)
            save_weights(model, partial / stage.name / FILE)
            told = {"steps": int(model.step.numpy()), **shown_summary(run, stage.name)}
            write_json(partial / stage.name / "summary.json", told)
        card = model_card(run, task.subject() if task.scored else None)
        write_text(partial / "README.md", readme(out.resolve().name, card, task.example))
    return out


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """JSON values with texts, keys too, that stand for others replaced by these."""
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


def _without_places(info: dict[str, Any]) -> dict[str, Any]:
    """Information about the data, without places of files; file names in notes are places too."""
    options = {name: value for name, value in info["options"].items() if not isinstance(value, str)}
    return {**info, "options": options, "skipped": [], "warnings": []}
