"""Two processes that train one run."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import psutil
import pytest

from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.sources.tunes import Tunes
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training import checkpoint
from keras_t2i.training.run import Run
from tests.keras_t2i.test_points import tiny as tiny_points
from tests.runs import checkpoint_values, wait_for, words_of
from tests.small import small, write_pictures
from tests.tiny_run import tiny

pytestmark = pytest.mark.slow


@pytest.fixture
def everything(tmp_path):
    """Data for every preset."""
    write_pictures(tmp_path / "data" / "pictures")
    prepare_melodies(Tunes(12), tmp_path / "data" / "melodies")
    return tmp_path / "data"


NAME = "gan-8-gaussians"
_LAUNCH = """
import sys
from pathlib import Path
from keras_t2i.training.workers import train_together
sys.exit(train_together(sys.argv[2:], 2, Path(sys.argv[1])))
"""


def launched(experiment, data, run, logs):
    """A process that lets two workers train."""
    words = [sys.executable, "-c", _LAUNCH, str(logs), *words_of(experiment, data, run)]
    logs.mkdir(exist_ok=True)  # temporary folders lie there too
    env = {**os.environ, "PYTHONPATH": ".", "TMPDIR": str(logs)}
    return subprocess.Popen(words, env=env, stderr=subprocess.PIPE, text=True)


def train(experiment, data, run, logs):
    """Train by two workers, to the end."""
    process = launched(experiment, data, run, logs)
    _, said = process.communicate()
    assert process.returncode == 0, said[-3000:]
    return said


def workers_of(process):
    """The workers of a launching process, the chief first."""
    children = psutil.Process(process.pid).children()
    return sorted(children, key=lambda child: child.create_time())


def assert_near(one, other, stage, far=1e-4):
    """All weights, averages and moments of two runs; running means are of an interval."""
    first, second = checkpoint_values(one, stage), checkpoint_values(other, stage)
    assert first.keys() == second.keys()
    compared = [name for name in first if not name.startswith("means")]
    assert len(compared) > 10
    for name in compared:
        np.testing.assert_allclose(first[name], second[name], atol=far, err_msg=name)


def files(run):
    return sorted(
        str(p.relative_to(run.path)) for p in run.path.rglob("*")
        if p.is_file() and "tfevents" not in p.name
    )  # fmt: skip


def test_two_workers_train_points_as_one(tmp_path):
    experiment = tiny_points(NAME, steps=200)
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    fit(experiment, None, one)
    said = train(experiment, None, two, tmp_path / "logs")
    assert "× 2 replicas" in said
    assert_near(one, two, "gan")
    # The second worker has written nothing here, and leaves nothing behind.
    assert files(one) == files(two)
    for folder in ("gan", "gan/checkpoints", "samples", "tensorboard/gan"):
        assert len(list((one.path / folder).iterdir())) == len(list((two.path / folder).iterdir()))
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["worker-1.log"]
    assert one.summary("gan")["rows"] == two.summary("gan")["rows"]


def test_two_workers_train_an_encoder_as_one_and_a_gan_on_it(colour_data, tmp_path):
    experiment = tiny(pairs=32)
    encoder = replace(experiment.encoder, epochs=40, accuracy=1.0, learning_rate=2e-4)
    experiment = replace(experiment, encoder=encoder)
    one, two = Run(tmp_path / "one"), Run(tmp_path / "two")
    fit(experiment, colour_data, one)
    train(experiment, colour_data, two, tmp_path / "logs")
    assert one.summary("encoder")["steps"] == two.summary("encoder")["steps"] > 50
    assert_near(one, two, "encoder")
    assert two.summary("gan")["steps"] == 4
    assert files(one) == files(two)


def long():
    experiment = tiny_points(NAME, steps=3000)
    return replace(experiment, gan=replace(experiment.gan, interval=50, sample_every=10_000))


def saved(run):
    return checkpoint.steps(run.stage("gan") / "checkpoints")


def test_a_killed_worker_ends_all_and_the_same_command_goes_on(tmp_path):
    run, logs = Run(tmp_path / "run"), tmp_path / "logs"
    process = launched(long(), None, run, logs)
    wait_for(lambda: saved(run), process)
    _, second = workers = workers_of(process)
    second.send_signal(signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGKILL
    assert "Worker 1 ended with 137, so all were ended." in said
    assert not any(worker.is_running() for worker in workers)
    assert 0 < saved(run)[-1] < 3000
    train(long(), None, run, logs)
    assert saved(run)[-1] == 3000


def test_a_signal_to_one_worker_stops_all_and_saves(tmp_path):
    run, logs = Run(tmp_path / "run"), tmp_path / "logs"
    process = launched(long(), None, run, logs)
    wait_for(lambda: saved(run), process)
    workers_of(process)[1].terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode
    (*_, last) = saved(run)
    assert f"Stopped at step {last} of stage `gan`, saved." in said  # the chief says it
    assert last < 3000
    train(long(), None, run, logs)
    assert saved(run)[-1] == 3000


def test_signals_are_passed_on(tmp_path):
    run, logs = Run(tmp_path / "run"), tmp_path / "logs"
    process = launched(long(), None, run, logs)
    wait_for(lambda: saved(run), process)
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert f"Stopped at step {saved(run)[-1]} of stage `gan`, saved." in said
    assert "did not meet" not in said


def test_wrong_input_is_told_once(tmp_path):
    words = ["-m", "keras_t2i.launch", "fit", NAME, "--run", str(tmp_path / "run")]
    odd = [*words, "--gan.batch-size", "15", "--export", str(tmp_path / "models")]
    ended = subprocess.run([sys.executable, *odd], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "multiple of the number of shards" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "did not meet" not in ended.stderr


KINDS = (
    "self-attention-gan", "vision-aided-gan", "srgan-features", "frozen-encoder-gan",
    "gan-int-cls", "stack-gan", "psc-gan", "label-classifier", "dcgan-demo",
    "wgan-demo", "wgan-gp-demo", "info-gan-demo", "lapgan-demo", "srgan-demo", "pix2pix-demo",
    "cycle-gan-demo", "context-encoder-demo", "midi-net-demo", "unrolled-gan-8-gaussians",
)  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_two_workers_train_every_kind(name, everything, tmp_path):
    experiment, run = small(name), Run(tmp_path / "run")
    train(
        experiment, everything / experiment.data_kind if experiment.needs_data else None, run,
        tmp_path / "logs",
    )  # fmt: skip
    for stage in experiment.stages:
        trains = stage.length is not None  # a given encoder does not
        assert run.summary(stage.name)["steps"] >= trains
        for value in checkpoint_values(run, stage.name).values():
            assert value.dtype.kind != "f" or np.isfinite(value).all()
