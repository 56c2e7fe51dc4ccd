"""Files that are written whole or not at all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras_t2i.pipelines.whole_file import (
    remove_partials,
    whole_file,
    write_bytes,
    write_json,
    write_text,
)

ROOT = Path(__file__).parents[2]


def ended_process():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_the_old_file_stands_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "scores.npy"
    path.write_bytes(b"old")
    with whole_file(path) as partial:
        np.save(partial, np.arange(3))  # which appends the suffix .npy unless it is there
        assert path.read_bytes() == b"old"
        assert partial == tmp_path / f".scores.partial-{os.getpid()}.npy"
    assert np.load(path).tolist() == [0, 1, 2]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_what_fails_leaves_the_old_file_alone(tmp_path, failure):
    path = tmp_path / "a"
    path.write_text("old")

    def fail():
        with whole_file(path) as partial:
            partial.write_text("half")
            raise failure

    with pytest.raises(failure):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    program = f"""
import os, pathlib
from pipelines.whole_file import whole_file
with whole_file(pathlib.Path({str(path)!r})) as partial:
    partial.write_text("half")
    os.kill(os.getpid(), {int(signal.SIGKILL)})
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    (left,) = set(tmp_path.iterdir()) - {path}
    assert left.read_text() == "half"
    remove_partials(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_only_rests_of_ended_processes_go(tmp_path):
    ended, living = ended_process(), os.getppid()
    kept = [f".a.partial-{living}.npy", f"a.partial-{ended}.npy", ".b.partial-.npy", "a.npy"]
    for name in (*kept, f".a.partial-{ended}.npy", f".b.c.partial-{ended}"):
        (tmp_path / name).touch()
    remove_partials(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_contents(tmp_path):
    write_bytes(tmp_path / "b", b"\x00\xff")
    write_text(tmp_path / "t", "ü\r\n")
    write_json(tmp_path / "j.json", {"name": "새", "n": [1]})
    assert (tmp_path / "b").read_bytes() == b"\x00\xff"
    assert (tmp_path / "t").read_bytes() == "ü\r\n".encode()
    text = (tmp_path / "j.json").read_text("utf-8")
    assert json.loads(text) == {"name": "새", "n": [1]}
    assert text.startswith('{\n "name": "새"')
    assert text.endswith("}\n")


def test_what_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_json(tmp_path / "j.json", {"a": object()})
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "t", "\ud800")
    assert list(tmp_path.iterdir()) == []


def test_a_link_keeps_pointing_at_its_file(tmp_path):
    (tmp_path / "deep").mkdir()
    link, target = tmp_path / "link.txt", tmp_path / "deep" / "file.txt"
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
