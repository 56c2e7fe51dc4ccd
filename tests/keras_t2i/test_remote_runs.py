"""Runs and models at addresses: trained, killed, gone on with elsewhere, read and exported."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

import keras_t2i
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.place import Place, Unreachable
from keras_t2i.training import checkpoint, cluster
from keras_t2i.training.errors import Interrupted
from keras_t2i.training.own_folder import own_folder
from keras_t2i.training.remote_run import fetched, working_run
from keras_t2i.training.run import Run
from tests.keras_t2i.test_points import tiny
from tests.runs import assert_same_state, wait_for

NAME = "wgan-gp-8-gaussians"
RUN = Path("memory://bucket/runs/points")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A function after which this is a machine that has seen nothing yet."""

    def forget():
        monkeypatch.setenv("KERAS_T2I_CACHE", tempfile.mkdtemp(dir=tmp_path))

    return forget


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    run = Run(tmp_path_factory.mktemp("unbroken") / "run")
    keras_t2i.fit(tiny(NAME), run=run.path)
    return run


def half_trained(monkeypatch, steps=6):
    """Train at the address up to a step, where a signal comes."""
    save = checkpoint.save

    def saved(model, folder):
        if int(model.step.numpy()) == steps:
            signal.raise_signal(signal.SIGTERM)
        return save(model, folder)

    monkeypatch.setattr(checkpoint, "save", saved)
    with pytest.raises(Interrupted):
        keras_t2i.fit(tiny(NAME), run=RUN)
    monkeypatch.setattr(checkpoint, "save", save)


def test_a_run_at_an_address_is_the_run_in_a_folder(memory, unbroken, elsewhere):
    task = keras_t2i.fit(tiny(NAME), run=RUN)
    assert task.run.where == "memory://bucket/runs/points"
    assert task.run.path.name == "points"
    elsewhere()
    here = Run(fetched(RUN))
    assert_same_state(here, unbroken)
    names = {p.relative_to(here.path).as_posix() for p in here.path.rglob("*") if p.is_file()}
    theirs = {p.relative_to(unbroken.path).as_posix() for p in unbroken.path.rglob("*")}
    assert {n for n in names if "tfevents" not in n} <= theirs
    assert "writer.lock" not in names
    there, in_folder = (keras_t2i.load(where).generate(seed=3) for where in (RUN, unbroken.path))
    assert (there == in_folder).all()


def test_it_goes_on_on_another_machine(memory, unbroken, elsewhere, monkeypatch):
    half_trained(monkeypatch)
    elsewhere()
    task = keras_t2i.fit(tiny(NAME), run=RUN)
    assert_same_state(task.run, unbroken)


def test_a_place_that_cannot_be_reached_does_not_stop_a_training(
    memory, unbroken, monkeypatch, capsys
):
    put, cut = Place.put, []

    def sometimes(self, file, name):
        if "ckpt-6" in name and not cut:
            cut.append(name)
            raise Unreachable("the line is cut")
        put(self, file, name)

    monkeypatch.setattr(Place, "put", sometimes)
    task = keras_t2i.fit(tiny(NAME), run=RUN)
    assert "WARNING: not sent: the line is cut It is tried again." in capsys.readouterr().err
    assert_same_state(task.run, unbroken)
    assert_same_state(Run(fetched(RUN)), unbroken)


def test_what_could_not_be_sent_is_kept_here_and_sent_later(memory, monkeypatch, capsys):
    put = Place.put

    def never(self, file, name):
        if name.endswith((".npz", "summary.json")):
            raise Unreachable("the line is cut")
        put(self, file, name)

    monkeypatch.setattr(Place, "put", never)
    with pytest.raises(InputError, match="the line is cut"):
        keras_t2i.fit(tiny(NAME), run=RUN)
    assert not [name for name in Place(RUN).files() if "ckpt" in name]
    monkeypatch.setattr(Place, "put", put)
    capsys.readouterr()
    keras_t2i.fit(tiny(NAME), run=RUN)
    assert "step 12 of 12" not in capsys.readouterr().err  # nothing is trained again
    assert "gan/checkpoints/ckpt-12.npz" in Place(RUN).files()


def test_who_starts_last_has_the_run(memory, elsewhere, monkeypatch):
    half_trained(monkeypatch)
    with ExitStack() as first_ends:
        first = first_ends.enter_context(working_run(RUN))
        first.send()
        elsewhere()
        with working_run(RUN):
            pass  # it sends at its end
        (first.path / "gan" / "of-the-first").write_text("a state")
        with pytest.raises(InputError, match=r"process \d+ on .* trains this run by now"):
            first_ends.close()
    assert "gan/of-the-first" not in Place(RUN).files()


def test_a_run_that_was_removed_there_begins_anew(memory, monkeypatch):
    half_trained(monkeypatch)
    memory.rm("/bucket/runs/points", recursive=True)
    with working_run(RUN) as run:
        assert [path.name for path in run.path.iterdir()] == ["writer.lock"]


def test_one_process_of_a_machine_trains_it(memory):
    with working_run(RUN), pytest.raises(InputError, match="another process of this machine"):  # noqa: SIM117
        with working_run(RUN):
            pytest.fail("must not begin")


def test_an_input_that_is_refused_sends_nothing(memory):
    with pytest.raises(InputError):
        keras_t2i.fit(replace(tiny(NAME), seed=-1), run=RUN)
    assert Place(RUN).files() == {}


def test_other_workers_take_what_the_chief_has_sent(memory, monkeypatch, tmp_path):
    half_trained(monkeypatch)
    with working_run(RUN) as chief:
        chief.send()
        # The process that trained it before still sends something.
        memory.pipe_file("/bucket/runs/points/gan/checkpoints/ckpt-12.npz", b"late")
        monkeypatch.setattr(cluster, "place", lambda: (1, 2))
        for module in ("own_folder", "remote_run"):
            monkeypatch.setattr(f"keras_t2i.training.{module}.is_chief", lambda: False)
        monkeypatch.setattr("keras_t2i.training.own_folder.barrier", lambda: None)
        with working_run(RUN) as other:
            assert other.path != chief.path
            own = own_folder(other)
    assert own.path not in (other.path, chief.path)
    assert checkpoint.steps(own.stage("gan") / "checkpoints") == [3, 6, 9]
    assert not other.path.exists()
    shutil.rmtree(own.path.parent)


def test_nothing_at_an_address_is_said(memory):
    for ask in (keras_t2i.load, fetched):
        with pytest.raises(InputError, match="memory://bucket/none: nothing is there"):
            ask("memory://bucket/none")


def test_models_are_exported_there_whole(memory, elsewhere, monkeypatch):
    task = keras_t2i.fit(tiny(NAME), run=RUN)
    put, sent = Place.put, []
    monkeypatch.setattr(Place, "put", lambda *words: (sent.append(words[2]), put(*words)))
    task.export("memory://bucket/models/points")
    assert sent[-1] == "1/saved_model.pb"
    elsewhere()
    version = keras_t2i.load(str(RUN)).export("memory://bucket/models/points")
    assert version.name == "2"
    names = {name.split("/")[0] for name in Place("memory://bucket/models/points").files()}
    assert names == {"1", "2"}
    elsewhere()
    served = keras_t2i.load("memory://bucket/models/points")
    first = served.generate(seed=3)
    assert (first == keras_t2i.load(str(RUN)).generate(seed=3)).all()


# Whole commands, each a process of its own, with addresses of this machine's files.


class Machine:
    """A machine with a cache of its own and nothing else."""

    def __init__(self, bucket, folder):
        self.bucket, self.folder = f"file://{bucket}", folder
        folder.mkdir()
        self.env = {**os.environ, "KERAS_T2I_CACHE": str(folder / "cache")}
        self.env["PYTHONPATH"] = str(Path(__file__).parents[2])

    def words(self, command, *words):
        module = "keras_t2i.pipelines.prepare" if command == "prepare" else f"keras_t2i.{command}"
        return [sys.executable, "-m", module, *(w.replace("BUCKET", self.bucket) for w in words)]

    def run(self, command, *words):
        done = subprocess.run(
            self.words(command, *words), env=self.env, cwd=self.folder,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, command, *words):
        return subprocess.Popen(
            self.words(command, *words), env=self.env, cwd=self.folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


FIT = (
    "dcgan-demo", "--deterministic", "--gan.epochs", "6", "--gan.batch-size", "10",
    "--gan.checkpoint-minutes", "0", "--gan.sample-every", "10", "--gan.width", "8",
    "--gan.max-width", "16", "--gan.precision", "float32",
)  # fmt: skip
AT_BUCKET = (
    "--data", "BUCKET/data/birds", "--run", "BUCKET/runs/birds", "--export", "BUCKET/models/birds",
)  # fmt: skip


@pytest.mark.slow
def test_commands_from_address_to_address(tmp_path):
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    one, two, three = (Machine(bucket, tmp_path / name) for name in ("one", "two", "three"))
    source = ("birds", "--pictures", "60", "--image-size", "32", "--shards", "2")
    one.run("prepare", *source, "--out", "BUCKET/data/birds")

    run = Run(bucket / "runs" / "birds")
    process = two.start("fit", *FIT, *AT_BUCKET)
    wait_for(lambda: len(checkpoint.steps(run.stage("gan") / "checkpoints")) >= 2, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert run.summary("gan") is None

    said = three.run("fit", *FIT, *AT_BUCKET)
    assert f"exported model  {three.bucket}/models/birds/1" in said
    one.run("prepare", *source, "--out", "data")
    one.run("fit", *FIT, "--data", "data", "--run", "run", "--export", "models")
    assert_same_state(run, Run(tmp_path / "one" / "run"))

    # Again: nothing is trained or exported a second time.
    assert "models/birds/1" in three.run("fit", *FIT, *AT_BUCKET)
    assert [path.name for path in (bucket / "models" / "birds").iterdir()] == ["1"]

    one.run("generate", "BUCKET/runs/birds", "--seed", "3", "--out", "there.png")
    one.run("generate", "run", "--seed", "3", "--out", "here.png")
    pictures = [(tmp_path / "one" / f"{name}.png").read_bytes() for name in ("here", "there")]
    assert pictures[0] == pictures[1]

    said = two.run("evaluate", "BUCKET/runs/birds", "--extractor", "random", "--count", "5")
    assert f"metrics  {two.bucket}/runs/birds/evaluation/metrics.jsonl" in said
    lines = (run.path / "evaluation" / "metrics.jsonl").read_text().splitlines()
    assert any(re.match("frechet", json.loads(line)["name"]) for line in lines)

    said = one.run("export", "BUCKET/runs/birds", "--out", "BUCKET/models/birds")
    assert said == f"{one.bucket}/models/birds/2\n"
    assert (bucket / "models" / "birds" / "2" / "saved_model.pb").exists()
