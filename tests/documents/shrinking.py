"""The package, so that whatever a page trains, draws or scores takes seconds."""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from PIL import Image

import keras_t2i
from keras_t2i import api
from keras_t2i.commands import evaluate as evaluate_command
from keras_t2i.pipelines import prepare as prepare_command
from keras_t2i.pipelines import prepare_melodies as melodies_command
from keras_t2i.pipelines.records import DatasetInfo, Record, read_split, write_dataset
from keras_t2i.training.run import Run
from tests.small import SIDE, shrunk

_DRAWN = 240  # pictures: red and blue birds in each split
_TUNES, _SCORED = 20, 60  # tunes; pictures that are scored
_HELD_OUT = 1 / 3
_ROOM = 76 / 64  # stored side / trained side
_WORK = {"epochs": 1, "steps": 2, "pairs": 8, "batch_size": 4, "interval": 1, "sample_every": 1}


@contextlib.contextmanager
def everything_small() -> Iterator[None]:
    """Trainings, drawn data and evaluations are small, by command and in Python alike."""
    fit = api.fit
    prepare, tunes = prepare_command.prepare, melodies_command.prepare_melodies
    evaluate = evaluate_command.evaluate

    def small_fit(experiment: Any, data: Any = None, run: Any = None, **kwargs: Any) -> Any:
        if isinstance(experiment, (str, Path)):
            experiment, origin = api.named(str(experiment))
            kwargs["start"] = kwargs.get("start") or origin
        start, watch = kwargs.get("start"), kwargs.get("watch")
        small = little_work(experiment) if start else shrunk(experiment)
        if watch is not None and watch.every:
            kwargs["watch"] = dataclasses.replace(watch, every=1, count=min(watch.count, _SCORED))
        if data is not None:
            side = Run(_found(start)).info.image_size if start else SIDE
            data = _at_side(Path(data), side)
        return fit(small, data, run, **kwargs)

    def small_prepare(
        source: Any, out: Any, image_size: int = 64, *args: Any, **kwargs: Any
    ) -> Any:
        if hasattr(source, "pictures") and dataclasses.is_dataclass(source):
            source = dataclasses.replace(source, pictures=min(source.pictures, _DRAWN))
        if getattr(source, "test_share", None):  # of twelve pictures one alone would be held out
            source = dataclasses.replace(source, test_share=max(source.test_share, _HELD_OUT))
        return prepare(source, Path(out), SIDE, *args, **kwargs)

    def small_tunes(source: Any, *args: Any, **kwargs: Any) -> Any:
        if hasattr(source, "count"):
            source = dataclasses.replace(source, count=min(source.count, _TUNES))
        return tunes(source, *args, **kwargs)

    def small_evaluate(arguments: Any) -> Any:
        count, draws = min(arguments.count, _SCORED), min(arguments.bootstrap, 3)
        return evaluate(dataclasses.replace(arguments, count=count, bootstrap=draws))

    with (
        mock.patch.object(api, "fit", small_fit),
        mock.patch.object(keras_t2i, "fit", small_fit, create=True),
        mock.patch.object(prepare_command, "prepare", small_prepare),
        mock.patch.object(keras_t2i, "prepare", small_prepare, create=True),
        mock.patch.object(melodies_command, "prepare_melodies", small_tunes),
        mock.patch.object(evaluate_command, "evaluate", small_evaluate),
    ):
        yield


def little_work(experiment: Any) -> Any:
    """An experiment with its networks and earlier stages as they are, the last trained briefly."""
    return _little_work(experiment, experiment.stages[:-1])


def _little_work(value: Any, kept: Sequence[Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_little_work(item, kept) for item in value)
    if not dataclasses.is_dataclass(value) or any(value is stage for stage in kept):
        return value
    fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return dataclasses.replace(
        value, **{name: _WORK.get(name, _little_work(held, kept)) for name, held in fields.items()}
    )


def _found(start: Any) -> Path:
    from keras_t2i.loading import found

    return found(start)


def _at_side(data: Path, side: int) -> Path:
    """The data set with pictures of a side: itself, or a copy beside it."""
    if not (data / "dataset.json").exists():
        return data
    info = DatasetInfo.load(data)
    if info.image_size == side or info.kind != "pictures":
        return data
    out = data.with_name(f"{data.name}-{info.checksum[:8]}-of-side-{side}")
    if not out.exists():
        write_dataset(out, *_resized(data, info, side))
    return out


def _resized(data: Path, info: DatasetInfo, side: int) -> tuple[DatasetInfo, Iterator[Any]]:
    stored = round(side * _ROOM)

    def resized(image: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(image).resize((stored, stored)))

    def records() -> Iterator[tuple[str, Record]]:
        for name in info.splits:
            split = read_split(data, name)
            for i, image in enumerate(split.images):
                start, end = split.caption_starts[i : i + 2]
                yield (
                    name,
                    Record(
                        split.ids[i],
                        resized(image),
                        tuple(split.captions[start:end]),
                        int(split.labels[i]),
                        tuple(int(v) for v in split.attributes[i]),
                        None if split.given is None else resized(split.given[i]),
                    ),
                )

    return dataclasses.replace(info, image_size=side, stored_size=stored, splits={}), records()
