"""Runs that the code before format 1 of `experiment.json` made: they load, draw, go on, export."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_t2i
from keras_t2i.commands.generate import draw
from keras_t2i.components.old_names import in_todays_names
from keras_t2i.components.values import from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.training.run import Run, read_json
from tests.runs import checkpoint_values

_OLD = Path(__file__).parent / "old_runs"
_ASKED = {"text": {"captions": ("this is red",)}, "labels": {"labels": ("red, left",)}}
_DATA = {"text": "colours", "labels": "sides"}


@pytest.mark.parametrize("file", sorted((_OLD / "experiments").iterdir()), ids=lambda f: f.stem)
def test_every_old_experiment_is_read(file, tmp_path):
    """One of each task, as the last version with module paths wrote it."""
    shutil.copy(file, tmp_path / "experiment.json")
    experiment = Run(tmp_path).experiment
    assert experiment == from_json(to_json(experiment))
    text = json.dumps(in_todays_names(read_json(file)["experiment"]))
    assert ".gan" not in text
    assert "keras_t2i" not in text


@pytest.mark.parametrize("kind", ["text", pytest.param("labels", marks=pytest.mark.slow)])
def test_an_old_training_goes_on_to_the_old_end(kind, tmp_path):
    """Stopped by the old code at step 12 of 24; its own end is what the new code must reach."""
    path = tmp_path / "run"
    shutil.copytree(_OLD / f"{kind}-half", path)
    run = Run(path)
    fit(run.experiment, _OLD / _DATA[kind], run)
    assert run.summary("gan")["steps"] == 24
    held = checkpoint_values(run, "gan")
    with np.load(_OLD / f"{kind}-end.npz") as end:
        assert len(end.files) > 20
        for name in end.files:
            found = held[name.partition("|")[0]]
            np.testing.assert_allclose(found, end[name], rtol=1e-3, atol=1e-4, err_msg=name)

    # The same pictures, within what another machine's rounding may do.
    (drawn,) = draw(GenerateOptions(path, seed=3, out=tmp_path / "new.png", **_ASKED[kind]))
    one, other = (np.asarray(Image.open(f)).astype(int) for f in (drawn, _OLD / f"{kind}.png"))
    assert np.abs(one - other).max() <= 2
    assert one.std() > 3

    assert read_json(path / "experiment.json")["format_version"] == 1
    exported = keras_t2i.load(path).export(tmp_path / "models")
    assert "serving_default" in tf.saved_model.load(str(exported)).signatures


def test_an_old_run_asks_for_its_data_where_it_kept_nothing_of_them(tmp_path):
    """Old runs kept no examples: without the data set the message says what helps."""
    shutil.copytree(_OLD / "text-half", tmp_path / "run")
    task = keras_t2i.load(tmp_path / "run")
    assert task.generate("this is red", seed=1).shape == (1, 16, 16, 3)
    with pytest.raises(InputError, match="data set is not at gone any more; --data"):
        task.export(tmp_path / "models")
    there = keras_t2i.load(tmp_path / "run", data=_OLD / "colours")
    assert there.export(tmp_path / "models").name == "1"


def test_a_later_format_is_refused(tmp_path):
    (tmp_path / "experiment.json").write_text('{"format_version": 2, "experiment": {}}')
    with pytest.raises(InputError, match=r"format_version must be at most 1.*Received: 2"):
        _ = Run(tmp_path).experiment
