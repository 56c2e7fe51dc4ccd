"""Evaluations on the way: when they come, what they keep, and what is known before."""

import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.metrics import results_log, watcher
from keras_t2i.metrics.pictures import real_pictures
from keras_t2i.metrics.protocols import Score
from keras_t2i.metrics.scoring import Measurement
from keras_t2i.metrics.state import State
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.metrics.watcher import keep_if_best
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo, read_split
from keras_t2i.training import checkpoint
from keras_t2i.training.checkpoints import Checkpoints
from keras_t2i.training.intervals import train_intervals
from keras_t2i.training.run import Run, read_json
from keras_t2i.training.stage import Training
from keras_t2i.training.tracked_model import TrackedModel
from tests.shades import Shades

INTERVAL = 3


class Model(TrackedModel):
    """One weight: the level of the pictures that `Shades` draws. Nothing of a GAN."""

    def __init__(self):
        super().__init__()
        self.level = keras.Variable(0.0, name="level")
        self.ready(("one",))

    def train_step(self, data):
        return self.track({"one": tf.ones(())})

    def trained_parts(self):
        return {"model": Part([self.level, self.step, self.finished])}


class Part:
    def __init__(self, variables):
        self.variables = variables


def subject_of(model):
    return Shades(float(model.level.numpy()), int(model.step.numpy()))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "run")


@pytest.fixture
def reference(colour_data):
    return schedule().reference(colour_data, refuse)


def refuse(path):
    raise InputError(f"{path} reads nothing")


def schedule(**options):
    return EvalSchedule(**{"every": 1, "extractor": "random", "count": 12, **options})


def watch(reference, run, epoch_steps=INTERVAL, steps=12, **options):
    return schedule(**options).watcher(
        reference, subject_of=subject_of, run=run, stage="gan", epoch_steps=epoch_steps,
        interval=INTERVAL, steps=steps,
    )  # fmt: skip


class Levels(keras.callbacks.Callback):
    """Gives the model a level at each end of an interval; stops at a step."""

    def __init__(self, levels, until):
        super().__init__()
        self.levels, self.until = levels, until

    def on_epoch_end(self, epoch, logs=None):
        step = int(self.model.step.numpy())
        self.model.level.assign(self.levels.get(step, step))
        self.model.stop_training = step == self.until


def train(callback, model, steps, levels=None, interval=INTERVAL, until=None):
    """Train with a callback."""
    batches = tf.data.Dataset.from_tensors({"any": 0}).repeat()
    training = Training(
        model, lambda step, **_: batches, steps, interval, interval, rows_per_step=1,
        checkpoint_minutes=0.0,
    )  # fmt: skip
    train_intervals(
        training, [Levels(levels or {}, until), callback], [],
        asked_to_stop=lambda: False, checkpoints=Checkpoints(model, Path("no"), 1e9),
    )  # fmt: skip


def evaluated(run):
    return [line["step"] for line in results_log.read(run.path / "evaluation")]


@pytest.mark.parametrize(
    ("every", "epoch_steps", "steps", "expected"),
    [
        (1, 3, 12, [3, 6, 9, 12]),
        (2, 3, 12, [6, 12]),
        (2, 3, 16, [6, 12, 16]),  # the last one is no whole interval
        (1, 5, 12, [6, 12]),  # at the first end of an interval after 5 and after 10
        (1, 100, 12, [12]),  # shorter than an epoch
        (5, 3, 2, [2]),  # shorter than an interval
        (1, 0, 6, [3, 6]),  # fewer pictures than a step takes
    ],
)
def test_an_evaluation_each_so_many_epochs_and_at_the_end(
    every, epoch_steps, steps, expected, reference, run
):
    train(watch(reference, run, epoch_steps, steps, every=every), Model(), steps)
    assert evaluated(run) == expected
    lines = results_log.read(run.path / "evaluation")
    assert all(line["watched"] and not line["state"]["best"] for line in lines)
    assert [line["state"]["fingerprint"] for line in lines] == [
        Shades(float(step)).fingerprint() for step in expected
    ]


def test_a_training_that_a_rule_ends_is_evaluated_there(reference, run):
    train(watch(reference, run, 100), Model(), 12, until=6)
    assert evaluated(run) == [6]


def test_a_resumed_training_goes_on_in_its_stretch(reference, run, monkeypatch):
    model, asked = Model(), []
    model.step.assign(7)
    real = subject_of
    monkeypatch.setitem(globals(), "subject_of", lambda m: (asked.append(int(m.step)), real(m))[1])
    train(watch(reference, run, 6, 16), model, 16)
    assert evaluated(run) == [12, 16]
    assert asked == [7, 12, 16]  # once before, to see that it draws


def test_nothing_of_the_pictures_stays_in_the_cache(reference, run):
    held = {p.name for p in reference.store.folder.iterdir()}
    train(watch(reference, run), Model(), 6)
    assert {p.name for p in reference.store.folder.iterdir()} == held


def test_the_state_with_the_best_score_is_kept(reference, run, colour_data):
    real = np.mean(real_pictures(read_split(colour_data, "test"), "test").read(np.arange(6)))
    levels = {3: 255.0, 6: float(real), 9: 250.0, 12: 0.0}  # 6 is the nearest
    train(watch(reference, run), Model(), 12, levels)
    values = {s["step"]: s["value"] for s in results_log.read(run.path / "evaluation")}
    assert min(values, key=values.get) == 6
    best = read_json(run.stage("gan") / "best" / "best.json")
    assert (best["step"], best["value"], best["name"]) == (6, values[6], "frechet")
    assert kept(run) == (6, pytest.approx(real))


def kept(run):
    """Step and level of the kept state."""
    model = Model()
    assert checkpoint.restore(model, run.stage("gan") / "best")
    return int(model.step.numpy()), float(model.level.numpy())


def scored(value, step, better="lower", protocol="x"):
    return Measurement("run", State("f", step), Score("frechet", value, protocol, better))


def model_at(step):
    model = Model()
    model.step.assign(step)
    model.level.assign(float(step))
    return model


def test_only_a_better_score_of_the_same_kind_counts(run):
    assert keep_if_best(run, "gan", model_at(1), scored(5.0, 1))
    assert not keep_if_best(run, "gan", model_at(2), scored(5.0, 2))
    assert keep_if_best(run, "gan", model_at(3), scored(4.0, 3))
    assert keep_if_best(run, "gan", model_at(4), scored(0.1, 4, "higher", "y"))  # another kind
    assert not keep_if_best(run, "gan", model_at(5), scored(0.05, 5, "higher", "y"))
    assert keep_if_best(run, "gan", model_at(6), scored(0.2, 6, "higher", "y"))
    assert kept(run) == (6, 6.0)
    assert {p.name for p in run.stage("gan").iterdir()} == {"best"}


def test_the_old_best_state_is_there_while_the_new_one_is_written(run, monkeypatch):
    keep_if_best(run, "gan", model_at(1), scored(5.0, 1))
    seen = []

    save = checkpoint.save

    def watched(model, folder):
        seen.append(kept(run))
        return save(model, folder)

    monkeypatch.setattr(watcher.checkpoint, "save", watched)
    keep_if_best(run, "gan", model_at(2), scored(4.0, 2))
    assert seen == [(1, 1.0)]
    assert kept(run) == (2, 2.0)


def test_a_best_state_that_a_kill_left_aside_comes_back(run):
    """It is the one to beat, though `best` itself is missing."""
    keep_if_best(run, "gan", model_at(1), scored(5.0, 1))
    folder = run.stage("gan")
    ended = subprocess.Popen(["true"])
    ended.wait()
    (folder / "best").rename(folder / f".best.replaced-{ended.pid}")
    (folder / f".best.partial-{ended.pid}").mkdir()
    assert not keep_if_best(run, "gan", model_at(2), scored(6.0, 2))
    assert kept(run) == (1, 1.0)
    assert keep_if_best(run, "gan", model_at(3), scored(4.0, 3))
    assert {p.name for p in folder.iterdir()} == {"best"}


@pytest.mark.parametrize("renames", [1, 2])
def test_a_kill_between_the_renames_loses_no_state(renames, run):
    keep_if_best(run, "gan", model_at(1), scored(5.0, 1))
    script = f"""
import os, signal, sys
from pathlib import Path
from keras_t2i.training.run import Run
from tests.keras_t2i import test_watch as t

run, left, rename = Run(Path(sys.argv[1])), [{renames}], Path.rename
def killed(path, target):
    if ".best." in str(path) or str(path).endswith("best"):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)
Path.rename = killed
t.keep_if_best(run, "gan", t.model_at(2), t.scored(4.0, 2))
"""
    ended = subprocess.run([sys.executable, "-c", script, str(run.path)], check=False)
    assert (ended.returncode == -signal.SIGKILL) == (renames < 2)
    assert not keep_if_best(run, "gan", model_at(3), scored(9.0, 3))
    assert kept(run) == ((1, 1.0) if renames < 2 else (2, 2.0))


def test_what_cannot_be_used_is_known_before_the_training(colour_data, tmp_path, reference, run):
    for options, words in (
        ({"protocol": "fidd"}, "fidd: unknown"),
        ({"extractor": "no.npz"}, "no such file"),
        ({"split": "dev"}, "--split dev"),
        ({"judge": tmp_path}, "reads nothing"),
        ({"protocol": "diversity"}, "--protocol diversity: random-projection-64-0 gives no maps"),
        ({"protocol": "conditions"}, "--protocol conditions: no --judge that reads labels"),
        ({"protocol": "manifold", "count": 3}, "--protocol manifold: not more than k = 3"),
    ):
        with pytest.raises(InputError, match=words):
            schedule(**options).reference(colour_data, refuse)
    with pytest.raises(InputError, match=r"--watch.count must be at least 2\. Received: 1"):
        schedule(count=1).check(DatasetInfo.load(colour_data))
    with pytest.raises(InputError, match=r"--watch.every: .* draws no pictures"):
        schedule().reference(None, refuse)
    assert schedule(protocol="r-precision").reference(colour_data, refuse)  # encoder to come

    def nothing(model):
        raise InputError("draws nothing")

    callback = schedule().watcher(
        reference,
        subject_of=nothing,
        run=run,
        stage="gan",
        epoch_steps=3,
        interval=3,
        steps=12,
    )
    with pytest.raises(InputError, match="draws nothing"):
        train(callback, Model(), 12)
    assert not (run.path / "evaluation").exists()
