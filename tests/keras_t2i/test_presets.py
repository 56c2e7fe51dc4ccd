"""Every command on every preset, made small."""

import base64
import dataclasses
import io
import json
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import keras_t2i
from keras_t2i.adversarial.losses import NoAdversarialLoss, RelativisticPairing, Wasserstein
from keras_t2i.adversarial.model import AdversarialModel
from keras_t2i.catalogue import PRESETS
from keras_t2i.commands.compare import compare
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.commands.generate import draw
from keras_t2i.components.values import to_json
from keras_t2i.exporting.loaded import Loaded, NotOffered
from keras_t2i.metrics import results_log
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.midi import midi_bytes
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.pipelines.sources.tunes import Tunes
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.training.loop import train
from keras_t2i.training.moving_statistics import MovingStatistics
from keras_t2i.training.run import Run, read_json
from serving.rest.reading import parse_json, parse_predict
from serving.rest.writing import predict_response
from serving.worker.model import Model
from serving.worker.warmup import warm_up
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
    "first_bar": [60] * 16,
    "image_bytes": _png(),
    "mask_bytes": _png(),
}
_TEXTS = {"captions": "this is red", "labels": "red, left", "chords": "C Am"}


def alike():
    """Presets by what they are when small: of those that differ in numbers alone, one."""
    first = {}
    for name in PRESETS:
        first.setdefault(json.dumps(without_numbers(to_json(small(name)))), name)
    return list(first.values())


def kind(experiment):
    """The classes of an experiment and of its stages."""
    return (type(experiment), *map(type, experiment.stages))


# Their own files, such as test_stack_gan.py, try them smaller.
LONG = {"stack-gan", "psc-gan", "psc-flow", "frozen-encoder-gan"}


def presets_to_try():
    """A preset of each kind; with `-m slow` the others, and what takes a minute."""
    kinds = set()
    for name in alike():
        known = kind(small(name)) in kinds
        kinds.add(kind(small(name)))
        yield pytest.param(name, marks=pytest.mark.slow) if known or name in LONG else name


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data")
    write_pictures(out / "pictures")
    prepare_melodies(Tunes(12), out / "melodies")
    return out


@pytest.fixture(scope="module")
def exports():
    """What each preset's exported model answered, for the C library to answer again."""
    return {}


def values(variables):
    return [v.numpy() for v in variables]


def moved(variables, before):
    return [not np.array_equal(v, b) for v, b in zip(variables, before, strict=True)]


def is_constant_of_a_distance(variable, experiment):
    """What is added to all of a critic's scores changes no difference of two of them."""
    differences = Wasserstein(), RelativisticPairing()
    return experiment.stages[-1].loss in differences and variable.shape == (1,)


@contextmanager
def one_step(experiment, model):
    """One step changes every variable of the players, their averages, and no other weight."""
    adversarial = isinstance(model, AdversarialModel)
    if adversarial:
        silent = model.adversarial_loss == NoAdversarialLoss()
        players = model.generator.variables + ([] if silent else model.critic.variables)
        networks = [*model.generator.networks, *model.critic.networks]
        averages = [average for average, _ in model.averages]
        assert averages
    else:
        players, networks, averages = model.trainable_variables, [model], []
    followers = [v for average in averages for v in average.trainable_variables]
    own = {id(v) for network in (*networks, *averages) for v in network.variables}
    others = [
        v for v in model.variables if id(v) not in own and isinstance(v, keras.Variable)
        and v.dtype == "float32" and "pool" not in v.name
    ]  # fmt: skip
    assert players
    statistics = {
        id(v) for network in (*networks, *averages) for v in network.variables
        if v.name.startswith("moving_")
    }  # fmt: skip
    assert statistics <= {id(v) for v in MovingStatistics(model).variables}
    for variable in players:  # what lies behind zeros would have no gradient in its first step
        if not np.any(variable.numpy()):
            variable.assign(variable + 0.01)
    before = values(players), values(followers), values(others)
    yield
    still = [v for v, m in zip(players, moved(players, before[0]), strict=True) if not m]
    if adversarial:
        still = [v for v in still if not is_constant_of_a_distance(v, experiment)]
    assert [v.path for v in still] == []
    assert all(moved(followers, before[1]))
    assert not any(moved(others, before[2]))


def offered(task, folder):
    """A wish for each option of `generate` that a task offers."""
    text = "C Am" if "melodies" in task.kind else "red, left" if "labels" in task.kind else "red"
    ends = ("1", "2, 3") if "noise" in task.kind else (text, "blue, right, dot")
    (folder / "texts.txt").write_text(f"{text}\n{text}\n")
    Image.new("RGB", (SIDE, SIDE), (90, 140, 40)).save(folder / "given.png")
    (folder / "given.mid").write_bytes(midi_bytes(np.full((1, 16), 60), np.array([0])))
    picture, sums = (folder / "given.png",), (ends[0], "-", ends[1], "+", ends[0])
    based = {"captions": (text,)} if "captions" in task.options else {}
    based |= {"translate": picture} if "translate" in task.options else {}
    return {
        "captions": {"captions": (text,)},
        "labels": {"labels": (text,)},
        "file": {"file": folder / "texts.txt"},
        "interpolate": {"interpolate": ends},
        "arithmetic": {"arithmetic": sums},
        "attention": {**based, "attention": True},
        "combinations": {"combinations": ("colour", "bright side")},
        "reconstruct": {"reconstruct": picture},
        "prime": {**based, "prime": folder / "given.mid"},
        "translate": {"translate": picture},
        "back": {**based, "back": True},
        "count": {**based, "count": 2},
        "truncation": {**based, "truncation": 0.5},
        "grid": {**based, "grid": True},
    }


def assert_drawn(task, folder):
    """Each option draws, or is refused by its name where the task does not offer it."""
    wishes = offered(task, folder)
    known = {field.name for field in dataclasses.fields(GenerateOptions)}
    assert known == set(wishes) | {"run", "seed", "best", "out", "overwrite"}
    assert task.options <= set(wishes)
    for option, wish in wishes.items():
        options = GenerateOptions(task.run.path, seed=3, out=folder / option, **wish)
        if option in task.options:
            for path in draw(options):
                assert np.asarray(Image.open(path)).std() >= 0
        else:
            shown = "Captions do" if option == "captions" else f"--{option} does"
            with pytest.raises(InputError, match=f"{shown} not go with"):
                draw(dataclasses.replace(options, captions=wish.get("captions", ())))


def assert_methods(task):
    """What the object offers answers, and the rest says what is offered."""
    kind = next((k for k in ("captions", "labels", "chords") if k in task.kind), None)
    texts = () if kind is None else (_TEXTS[kind],)
    if "draws" in task.kind and "no pictures" not in task.kind:
        one = task.generate(*texts, seed=7)
        np.testing.assert_array_equal(one, task.generate(*texts, seeds=[7]))
        assert len(task.generate(*texts, seeds=[1, 2])) == 2
    picture = np.full((SIDE, SIDE, 3), 90, np.uint8)
    calls = {
        "interpolate": lambda: task.interpolate(*(texts or ("1",)), *(texts or ("2",)), steps=3),
        "arithmetic": lambda: task.arithmetic(*(texts or ("1",)), "-", *(texts or ("2",))),
        "translate": lambda: task.translate([picture]),
        "reconstruct": lambda: task.reconstruct([picture]),
    }
    for name, call in calls.items():
        if name in task.options:
            assert call().dtype == np.uint8
        else:
            with pytest.raises((NotOffered, InputError), match=f"`{name}`|takes no|no autoencoder"):
                call()


def hide_data(run):
    """Let a run believe that its data set lies where there is none; returns how to undo it."""
    file = run.path / "dataset.json"
    if not file.exists():
        return lambda: None
    held = read_json(file)
    write_json(file, {**held, "path": str(run.path / "gone")})
    return lambda: write_json(file, held)


@pytest.mark.parametrize("name", list(presets_to_try()))
def test_every_command_takes_every_preset(name, data, exports, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    experiment = small(name)
    folder = data / experiment.data_kind if experiment.needs_data else None
    run = Run(tmp_path / "run")
    run.open(experiment, DatasetInfo.load(folder) if folder else None, folder)
    for stage in experiment.stages:
        task = experiment.task(run, folder)
        training = task.build(stage)
        training = replace(training, steps=min(1, training.steps), interval=1)
        with one_step(experiment, training.model) if training.steps else nullcontext():
            train(stage.name, training, run)
        again = experiment.task(run, folder).build(stage).model
        experiment.task(run, folder).restore(again, stage.name)
        assert not any(moved(again.variables, values(training.model.variables)))

    # The last stage goes on from its first step, watched.
    last = experiment.stages[-1].name
    (run.stage(last) / "summary.json").unlink()
    watch = EvalSchedule(every=1, extractor="random", count=4) if task.scored else None
    fit(experiment, folder, run, watch=watch)
    assert run.summary(last)["steps"] > 1
    if task.scored:
        assert (run.stage(last) / "best" / "best.json").exists()
    else:
        watch = EvalSchedule(every=1, extractor="random", count=4)
        with pytest.raises(InputError, match="draws no pictures"):
            fit(experiment, folder, Run(tmp_path / "no"), watch=watch)

    # A run is enough: its data set may be gone.
    bring_back = hide_data(run)
    task = keras_t2i.load(run.path)
    monkeypatch.setattr("keras_t2i.loading.task_of", lambda *_, **__: task)  # Opened once.
    if task.options:
        assert_drawn(task, tmp_path)
    assert_methods(task)
    models = tmp_path / "models"
    version = task.export(models)
    served = Model(version)
    assert warm_up(served, version) == 6 * len(served.signatures.definitions)
    dtypes = served.signatures.dtypes("")
    body = json.dumps({"instances": [{key: ASKED[key] for key in dtypes}]}).encode()
    request = parse_predict(parse_json(body), dtypes)
    outputs = served.run("", request.tensors)
    assert len(json.loads(predict_response(outputs, True))["predictions"]) == 1
    exports[name] = version, request.tensors, outputs
    assert_alike(task, keras_t2i.load(models))
    bring_back()

    # Scores, of the run and of a copy beside it.
    asked = Arguments(run.path, extractor="random", count=4, cache=tmp_path / "cache")
    if not task.scored:
        with pytest.raises(InputError, match=r"draws no pictures|--data is needed|needs pictures"):
            evaluate(asked)
        return
    lines = results_log.read(evaluate(asked))
    assert {"frechet"} <= {line["name"] for line in lines}
    tables = compare([run.path, Path(run.path)])
    assert any("frechet" in row[0] for row in tables["Scores"])


def assert_alike(task, model):
    """An exported model draws what its run draws."""
    assert isinstance(model, Loaded)
    if "generate" not in read_signatures(model):
        return
    kind = next((k for k in ("captions", "labels", "chords") if k in task.kind), None)
    texts = () if kind is None else (_TEXTS[kind],)
    one, other = (each.generate(*texts, seed=5) for each in (task, model))
    assert one.shape == other.shape
    assert np.abs(one.astype("float64") - other.astype("float64")).mean() <= 1


def read_signatures(model):
    return set(repr(model).split(" with ")[1].rstrip(",").split(", "))


def test_the_c_library_answers_alike(exports):
    """All models that were exported above, in a process without Python's TensorFlow."""
    if not exports:
        pytest.skip("no preset was exported: run with them")
    calls = [
        (version, {"serving_default": {k: v.tolist() for k, v in tensors.items()}})
        for version, tensors, _ in exports.values()
    ]
    for name, answers in zip(exports, all_answers(calls), strict=True):
        for key, wanted in exports[name][2].items():
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
