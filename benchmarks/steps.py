"""Training steps to measure: models at the papers' sizes, on random pictures in memory."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from keras_t2i.catalogue import PRESETS, preset
from keras_t2i.pipelines.attributes import MONTAGE
from keras_t2i.pipelines.captions import captioned_pictures
from keras_t2i.pipelines.dataset_info import SplitInfo
from keras_t2i.pipelines.labels import labelled_pictures
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.records import DatasetInfo, Split
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.labels_to_image import presets as labels_to_image
from keras_t2i.tasks.labels_to_image.autoencoder_stage import FaceNetworks
from keras_t2i.tasks.stacked_text_to_image.gan_stage import StageII
from keras_t2i.tasks.text_to_image import presets as text_to_image
from keras_t2i.training.hardware import Precision, jit_compile
from keras_t2i.training.loop import train
from keras_t2i.training.run import Run

_COUNT, _DRAWN = 512, 330  # pictures: random ones, and drawn ones of 33 species


@dataclass(frozen=True)
class Step:
    """A model ready for `fit`, and its batches.

    Args:
        model: Model with a `train_step`.
        dataset: Endless batches.
        rows: Number of rows of a batch.
    """

    model: Any
    dataset: Any
    rows: int


def captions(precision: Precision) -> Step:
    """The GAN of No's thesis at batch 64, 64×64 (`self-attention-gan-literal`)."""
    stage = replace(text_to_image.literal().gan, precision=precision)
    embeddings = np.random.default_rng(0).normal(size=(_COUNT, 128)).astype("float32")
    dataset = captioned_pictures(random_split(64), stage.batch_size, embeddings=embeddings)
    model = stage.model(128, embeddings)
    model.ready(model.term_names(next(iter(dataset))), jit_compile=jit_compile("auto"))
    return Step(model, dataset, stage.batch_size)


def autoencoder(precision: Precision, size: int, rows: int) -> Step:
    """PSC-GAN's first stage."""
    autoencoder = labels_to_image.psc_gan().autoencoder
    stage = replace(autoencoder, precision=precision, batch_size=rows)
    model = stage.model(FaceNetworks(), size, MONTAGE.width)
    model.prepare(jit_compile=jit_compile("auto"))
    return Step(model, labelled_pictures(random_split(size), rows), rows)


def label_gan(precision: Precision, size: int, rows: int) -> Step:
    """PSC-GAN's second stage, with encoder and label head as its guide."""
    experiment = labels_to_image.psc_gan()
    guide = replace(experiment.autoencoder, precision=precision)
    stage = replace(experiment.gan, precision=precision, batch_size=rows)
    reader = guide.model(FaceNetworks(), size, MONTAGE.width).read
    model = stage.model(FaceNetworks(), size, MONTAGE.width, reader)
    dataset = labelled_pictures(random_split(size), rows)
    model.ready(model.term_names(next(iter(dataset))), jit_compile=jit_compile("auto"))
    return Step(model, dataset, rows)


def of_preset(name: str, precision: Precision) -> Step:
    """The last stage of a preset at its own size, on a few pictures that are drawn here.

    Stages before it are trained for one step: what they have learned does not change the time.
    """
    experiment, folder = preset(name), Path(tempfile.mkdtemp())
    *before, last = experiment.stages
    data, info = None, None
    if experiment.needs_data:
        data = folder / "data"
        source = experiment.drawn_source()
        if experiment.data_kind == "melodies":
            info = prepare_melodies(source, data)
        else:
            few = replace(source, pictures=_DRAWN)
            info = prepare(few, data, last.generator_side if isinstance(last, StageII) else 64)
    run = Run(folder / "run")
    run.open(experiment, info, data)
    for stage in before:
        train(stage.name, replace(experiment.task(run, data).build(stage), steps=1), run)
    task = at_precision(experiment, precision).task(run, data)
    training = task.build(task.experiment.stages[-1])
    return Step(training.model, training.dataset(0), training.rows_per_step)


def at_precision(experiment: TaskExperiment, precision: Precision) -> TaskExperiment:
    """The experiment whose last stage computes so, if it lets one choose."""
    last = experiment.stages[-1]
    assert is_dataclass(last)  # as every component
    if "precision" not in {field.name for field in fields(last)}:
        return experiment
    changed = replace(last, precision=precision)
    name, dot, _ = experiment.place_of(last).partition(".")
    value = (*vars(experiment)[name][:-1], changed) if dot else changed
    changes: dict[str, Any] = {name: value}
    return replace(experiment, **changes)


STEPS: dict[str, Callable[[Precision], Step]] = {
    "captions-64": captions,
    "autoencoder-64": lambda precision: autoencoder(precision, 64, 64),
    "label-gan-64": lambda precision: label_gan(precision, 64, 64),
    "autoencoder-256": lambda precision: autoencoder(precision, 256, 16),
    "label-gan-256": lambda precision: label_gan(precision, 256, 16),
    **{name: partial(of_preset, name) for name in PRESETS},
}


def random_split(size: int) -> Split:
    """Random pictures with labels, captions and classes."""
    rng = np.random.default_rng(0)
    count = _COUNT if size < 128 else 64
    stored = round(size * 76 / 64)
    combinations = MONTAGE.combinations()
    columns = [MONTAGE.columns(combinations[i % len(combinations)]) for i in range(count)]
    return Split(
        images=rng.integers(0, 256, (count, stored, stored, 3), dtype=np.uint8),
        captions=["a picture"] * count,
        caption_starts=np.arange(count + 1),
        labels=np.arange(count) % 10,
        attributes=np.array(columns, "int64"),
        ids=[str(i) for i in range(count)],
        info=DatasetInfo(
            "random",
            "none",
            size,
            stored,
            classes=tuple("0123456789"),
            attributes=MONTAGE.attributes,
            splits={"train": SplitInfo(count, count, {}, 10)},
        ),
    )
