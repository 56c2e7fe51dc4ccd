"""A kill before every file operation of whole pieces of work, one after another: all go on.

A library that stands before the C library's file functions (`at_operations.c`) kills the process at
the first operation that it has not been killed at yet; the same work then starts again.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keras_t2i.exporting import lineage
from keras_t2i.training.run import Run
from tests.keras_t2i.test_going_on import steps_shown
from tests.runs import assert_same_state

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is Linux's"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc for the library that kills"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    file = tmp_path_factory.mktemp("library") / "kill.so"
    words = ["gcc", "-shared", "-fPIC", "-O2", "-w", "-o", file, _HERE / "at_operations.c", "-ldl"]
    subprocess.run(words, check=True)
    return file


def done(work, folder, data, library=None):
    """Do a piece of work in a folder; returns how often it was killed, and at what."""
    folder.mkdir()
    operations = folder.with_name(f"{folder.name}.operations")
    environment = {
        **os.environ, "PYTHONPATH": str(_ROOT), "KILL_DATA": str(data), "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_T2I_CACHE": str(folder.with_name("cache")),
    }  # fmt: skip
    if library:
        environment |= {"LD_PRELOAD": str(library), "KILL_BELOW": str(folder.resolve())}
        environment |= {"KILL_LIST": str(operations)}
    words = [sys.executable, "-m", "tests.killing.driver", work, str(folder)]
    ended = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-4000:]
    return int(ended.stdout.splitlines()[-1]), operations


def left(folder):
    """What killed processes left unfinished."""
    return [p for p in folder.rglob(".*") if "partial" in p.name or "replaced" in p.name]


@pytest.mark.parametrize(("work", "least"), [("points", 60), ("captions", 150)])
def test_a_training_goes_on_and_ends_as_an_unbroken_one(
    work, least, library, colour_data, tmp_path, capsys
):
    kills, operations = done(work, tmp_path / "killed", colour_data, library)
    done(work, tmp_path / "whole", colour_data)
    assert kills == len(operations.read_text().splitlines())
    assert kills >= least
    with capsys.disabled():
        print(f"\n{work}: killed at {kills} file operations, gone on after each")
    killed, whole = Run(tmp_path / "killed" / "run"), Run(tmp_path / "whole" / "run")
    assert_same_state(killed, whole)
    for stage in (stage.name for stage in whole.experiment.stages):
        assert logged(killed.logs(stage) / "log.jsonl") == logged(whole.logs(stage) / "log.jsonl")
    assert steps_shown(killed) == steps_shown(whole)
    assert names(killed.samples) == names(whole.samples)
    assert names(tmp_path / "killed" / "models") == names(tmp_path / "whole" / "models") == ["1"]
    assert not left(tmp_path / "killed")
    scores = Path("evaluation") / "metrics.jsonl"
    if (whole.path / scores).exists():
        assert scored(killed.path / scores) == scored(whole.path / scores)
        best = Path("gan") / "best"
        assert names(killed.path / best) == names(whole.path / best)


def logged(file):
    """Steps and terms of a log, without speeds."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "rows_per_second"} for line in lines]


def scored(file):
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [(line["step"], line["name"], line["value"]) for line in lines]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_data_set_is_whole_or_the_one_before(library, tmp_path):
    kills, _ = done("prepare", tmp_path / "killed", tmp_path, library)
    done("prepare", tmp_path / "whole", tmp_path)
    assert kills >= 15
    one, other = tmp_path / "killed" / "birds", tmp_path / "whole" / "birds"
    assert names(one) == names(other)
    for name in names(other):
        assert (one / name).read_bytes() == (other / name).read_bytes()
    assert not left(tmp_path / "killed")


def test_a_rollback_is_done_once_and_recorded(library, tmp_path):
    kills, _ = done("rollback", tmp_path / "killed", tmp_path, library)
    done("rollback", tmp_path / "whole", tmp_path)
    assert kills >= 15
    killed, whole = tmp_path / "killed" / "models", tmp_path / "whole" / "models"
    assert names(killed) == names(whole)
    for models in (killed, whole):
        told = [(each["version"], each["decision"]) for each in lineage.read(models)]
        assert told == [(1, "published"), (2, "published"), (3, "rolled back")]
        assert (models / "3" / "saved_model.pb").read_text() == "graph 1"
    assert not left(tmp_path / "killed")
