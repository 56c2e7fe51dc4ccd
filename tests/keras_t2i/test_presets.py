"""What every preset must do: build, train what it should, save, restore, export, serve."""

import base64
import io
import json
from contextlib import contextmanager
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from keras_t2i.adversarial.losses import NoAdversarialLoss, Wasserstein
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.commands.export import export
from keras_t2i.components.values import to_json
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.pipelines.sources.tunes import Tunes
from keras_t2i.presets import PRESETS
from keras_t2i.training.loop import train
from keras_t2i.training.run import Run
from serving.rest.reading import parse_json, parse_predict
from serving.rest.writing import predict_response
from serving.servable import Servable
from tests.served import all_answers
from tests.small import SIDE, small, without_numbers, write_pictures


def _png():
    held = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (90, 140, 40)).save(held, "PNG")
    return {"b64": base64.b64encode(held.getvalue()).decode()}


ASKED = {
    "caption": "this is red",
    "labels": "red, left",
    "seed": 3,
    "chords": "C Am",
    "image_bytes": _png(),
    "mask_bytes": _png(),
}


EXPORTED = {}


def alike():
    """Presets by what they are when small: of those that differ in numbers alone, one."""
    first = {}
    for name in PRESETS:
        first.setdefault(json.dumps(without_numbers(to_json(small(name)))), name)
    return list(first.values())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data")
    write_pictures(out / "pictures")
    prepare_melodies(Tunes(12), out / "melodies")
    return out


def values(variables):
    return [v.numpy() for v in variables]


def moved(variables, before):
    return [not np.array_equal(v, b) for v, b in zip(variables, before, strict=True)]


def is_constant_of_a_distance(variable, experiment):
    """What is added to all of a critic's scores changes no Wasserstein distance."""
    loss = getattr(getattr(experiment, "gan", None), "loss", None)
    return loss == Wasserstein() and variable.shape == (1,)


@contextmanager
def one_step(experiment, model):
    """One step changes every variable of the players, their averages, and no other weight."""
    if isinstance(model, AdversarialModel):
        silent = model.adversarial_loss == NoAdversarialLoss()
        players = model.generator.variables + ([] if silent else model.critic.variables)
        networks = [*model.generator.networks, *model.critic.networks]
    else:
        players, networks = model.trainable_variables, [model]
    parts = vars(model).items()
    averages = [p for n, p in parts if n.startswith("average") and isinstance(p, keras.Model)]
    assert averages or not isinstance(model, AdversarialModel)
    followers = [v for average in averages for v in average.trainable_variables]
    own = {id(v) for network in (*networks, *averages) for v in network.variables}
    others = [
        v for v in model.variables if id(v) not in own and isinstance(v, keras.Variable)
        and v.dtype == "float32" and "pool" not in v.name
    ]  # fmt: skip
    assert players
    before = values(players), values(followers), values(others)
    yield
    still = [v for v, m in zip(players, moved(players, before[0]), strict=True) if not m]
    assert [v.path for v in still if not is_constant_of_a_distance(v, experiment)] == []
    assert all(moved(followers, before[1]))
    assert not any(moved(others, before[2]))


@pytest.mark.parametrize("name", alike())
def test_every_preset(name, data, tmp_path):
    experiment = small(name)
    folder = data / experiment.data_kind if experiment.needs_data else None
    run = Run(tmp_path / "run")
    run.open(experiment, DatasetInfo.load(folder) if folder else None, folder)
    for stage in experiment.stages:
        task = experiment.task(run, folder)
        training = replace(task.build(stage), steps=1, interval=1)
        with one_step(experiment, training.model):
            train(stage.name, training, run)
        again = task.build(experiment.task(run, folder)).model
        experiment.task(run, folder).restore(again, stage.name)
        assert not any(moved(again.variables, values(training.model.variables)))
    served = Servable("small", 1, export(run, tmp_path / "models"))
    dtypes = served.dtypes("")
    body = json.dumps({"instances": [{key: ASKED[key] for key in dtypes}]}).encode()
    request = parse_predict(parse_json(body), dtypes)
    outputs = served.run("", request.tensors)
    assert len(json.loads(predict_response(outputs, True))["predictions"]) == 1
    EXPORTED[name] = served.path, request.tensors, outputs


def test_the_c_library_answers_alike():
    """All models that were exported above, in a process without Python's TensorFlow."""
    if not EXPORTED:
        pytest.skip("no preset was exported: run with them")
    calls = [
        (version, {"serving_default": {k: v.tolist() for k, v in tensors.items()}})
        for version, tensors, _ in EXPORTED.values()
    ]
    for name, answers in zip(EXPORTED, all_answers(calls), strict=True):
        for key, wanted in EXPORTED[name][2].items():
            found = answers["serving_default"][key]
            if wanted.dtype == object and key != "image_bytes":
                assert [base64.b64decode(text) for text in found] == list(wanted.ravel()), name
            elif wanted.dtype == object:
                (found,) = (levels(base64.b64decode(text)) for text in found)
                assert np.abs(found - levels(wanted[0])).max() <= 3, name
            elif wanted.dtype.kind == "f":
                np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-3)
            else:
                assert np.mean(np.array(found) != wanted) < 0.1, name


def levels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
