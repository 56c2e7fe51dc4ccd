"""Description of a model, for those who serve it."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from keras_t2i.components.values import to_json
from keras_t2i.metrics import results_log
from keras_t2i.metrics.subject import Generates
from keras_t2i.training.run import Run, read_json

FILE = "model_card.json"
# What a summary says of files and folders of one machine.
_LOCAL = ("samples", "both stages", "reused_from")
_SHOWN = ("name", "value", "deviation", "interval", "protocol", "step", "extractor", "data")


def model_card(run: Run, subject: Generates | None = None) -> dict[str, Any]:
    """Preset, data, configuration, what the stages reached, scores with their protocols, versions.

    Only scores of the very weights that are exported are on the card.

    Args:
        run: A trained run.
        subject: Exported generator, as scores judge it; `None` for a model that draws no pictures
            to score.
    """
    experiment = run.experiment
    return {
        "preset": experiment.name,
        "data": _data(run),
        "experiment": to_json(experiment),
        "stages": {stage.name: shown_summary(run, stage.name) for stage in experiment.stages},
        "state": _state(run, subject),
        "scores": _scores(run, subject) if subject else [],
        "versions": {n: version(n) for n in ("keras-t2i", "tensorflow", "keras", "numpy")},
        "python": platform.python_version(),
        "licence": licence(run),
    }


def is_of(run: Run, exported: Path) -> bool:
    """Whether an exported version was made of a run as it is finished now, by its card.

    Args:
        run: The run.
        exported: Folder of the version, which need not exist.
    """
    file = exported / "assets.extra" / FILE
    if not file.exists():
        return False
    stages = {stage.name: shown_summary(run, stage.name) for stage in run.experiment.stages}
    return read_json(file).get("stages") == stages


def shown_summary(run: Run, stage: str) -> dict[str, Any]:
    """Summary of a finished stage, without places of files on this machine."""
    summary = run.summary(stage) or {}
    return {name: value for name, value in summary.items() if name not in _LOCAL}


def licence(run: Run) -> str:
    """The licence of the weights: the project's, unless the run's notice says more."""
    file = run.path / "NOTICE"
    return file.read_text("utf-8", "replace").strip() if file.is_file() else "Apache-2.0"


def _data(run: Run) -> dict[str, Any] | None:
    """Data set that the model was trained on, with its licence; `None` if it needed no data."""
    if not run.experiment.needs_data:
        return None
    info = run.info
    return {
        "source": info.source,
        "licence": info.licence,
        "image_size": info.image_size,
        "checksum": info.checksum,
        "pictures": {name: split.pictures for name, split in info.splits.items()},
        "classes": len(info.classes),
        "labels": {a.name: list(a.values) for a in info.attributes},
    }


def _state(run: Run, subject: Generates | None) -> dict[str, Any]:
    """State of the last stage that was exported."""
    best = run.stage(run.experiment.stages[-1].name) / "best" / "best.json"
    state = {"best_of_watched": read_json(best)} if run.best else {"last": True}
    if subject is None:
        return state
    return {**state, "step": subject.step, "fingerprint": subject.fingerprint()}


def _scores(run: Run, subject: Generates) -> list[dict[str, Any]]:
    """The last line of each score of the pictures that these weights draw."""
    folder = run.path / "evaluation"
    if not (folder / results_log.FILE).exists():
        return []
    own = results_log.of_state(results_log.read(folder), subject.fingerprint())
    lines = results_log.newest(own).values()
    return [{name: line[name] for name in _SHOWN if name in line} for line in lines]
