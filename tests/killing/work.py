"""Pieces of work that are killed at each of their file operations; each ends in a folder."""

import os
from collections.abc import Callable
from pathlib import Path

import keras_t2i
from keras_t2i.commands.fit import exported
from keras_t2i.commands.push import Arguments, push
from keras_t2i.exporting import lineage
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.whole_folder import whole_folder
from tests.keras_t2i.test_points import tiny as points
from tests.tiny_run import tiny as captions

load_tensorflow()
DATA = "KILL_DATA"  # a prepared data set, outside of the folder


def fit_points(folder: Path) -> None:
    """A stage, and its export."""
    run = keras_t2i.fit(points("wgan-gp-8-gaussians", steps=9), run=folder / "run")
    exported(run, folder / "models")


def fit_captions(folder: Path) -> None:
    """Two stages, the second one watched, and the export."""
    watch = EvalSchedule(every=1, extractor="random", count=6)
    run = keras_t2i.fit(captions(), data=os.environ[DATA], run=folder / "run", watch=watch)
    exported(run, folder / "models")


def prepare_birds(folder: Path) -> None:
    """A data set, over one that is there."""
    prepare(Birds(pictures=12), folder / "birds", 16, overwrite=True)


def roll_back(folder: Path) -> None:
    """Two versions, and one rollback, however often it is begun."""
    models = folder / "models"
    for number in (1, 2):
        if number not in lineage.numbers(models):
            with whole_folder(models / str(number), "saved_model.pb", overwrite=True) as partial:
                (partial / "saved_model.pb").write_text(f"graph {number}")
            record = {"decision": "published", "replaces": number - 1 or None}
            lineage.append(models, {"version": number, **record})
    if lineage.read(models)[-1]["decision"] == "published":
        push(Arguments(to=models, rollback=True))


WORK: dict[str, Callable[[Path], None]] = {
    "points": fit_points, "captions": fit_captions, "prepare": prepare_birds,
    "rollback": roll_back,
}  # fmt: skip
