"""Files that are written whole or not at all."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from keras_t2i.pipelines import processes
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.processes import is_alive, own_mark
from keras_t2i.pipelines.whole_file import (
    remove_partials,
    whole_file,
    write_bytes,
    write_json,
    write_text,
)
from keras_t2i.pipelines.whole_folder import tidy, whole_folder

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
        assert partial == tmp_path / f".scores.partial-{own_mark()}.npy"
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


def test_a_number_that_another_program_has_now_is_no_writers(tmp_path):
    left = tmp_path / ".a.partial-0.npy"
    left.touch()
    later = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        long_ago = left.rename(tmp_path / f".a.partial-{later.pid}.npy")
        assert is_alive(str(later.pid), long_ago)  # begun in the same moment: it may be its own
        # The system's start of the process, three seconds after the file's last change.
        started = processes._start(later.pid)
        assert abs(started - long_ago.stat().st_ctime) < 3
        with mock.patch.object(processes, "_start", return_value=started + 3):
            assert not is_alive(str(later.pid), long_ago)
            remove_partials(tmp_path)
        assert not long_ago.exists()
    finally:
        later.communicate(b"\n")


def test_folders_set_aside_go_or_come_back(tmp_path):
    ended, living = ended_process(), os.getppid()
    for name in (
        "best",
        f".best.replaced-{ended}",
        f".1.replaced-{ended}",
        f".2.replaced-{living}",
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    tidy(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f".2.replaced-{living}", "1", "best"]
    assert (tmp_path / "best" / "file").read_text() == "best"
    assert (tmp_path / "1" / "file").read_text() == f".1.replaced-{ended}"


MACHINE, BOOT, CONTAINER = (processes._place()[i : i + 4] for i in (0, 4, 8))


@pytest.mark.parametrize(
    ("place", "quiet", "alive"),
    [
        (MACHINE + BOOT + CONTAINER, 0, False),  # the number is that of no process here
        ("0000" + BOOT + CONTAINER, 60, True),  # another machine's, which may still write
        ("0000" + BOOT + CONTAINER, 700, False),
        (MACHINE + BOOT + "0000", 60, True),  # another container's
        (MACHINE + BOOT + "0000", 700, False),
        (MACHINE + "0000" + CONTAINER, 0, False),  # of this machine before it started again
    ],
)
def test_elsewhere_a_process_lives_as_long_as_its_files_change(tmp_path, place, quiet, alive):
    then = time.time() - quiet
    folder = tmp_path / f".a.partial-{ended_process()}-{place}"
    folder.mkdir()
    (folder / "shard").touch()
    for path in (folder / "shard", folder):
        os.utime(path, (then, then))
    assert is_alive(folder.name.partition("partial-")[2], folder) == alive
    remove_partials(tmp_path)
    assert folder.exists() == alive


def test_a_new_file_in_an_old_folder_shows_its_writer(tmp_path):
    folder = tmp_path / f".a.partial-1-0000{BOOT}{CONTAINER}"
    folder.mkdir()
    (folder / "shard").touch()
    os.utime(folder, (0, 0))
    assert is_alive(f"1-0000{BOOT}{CONTAINER}", folder)


def test_a_folder_that_another_machine_writes_is_waited_for(tmp_path):
    left = tmp_path / f".models.partial-1-0000{BOOT}{CONTAINER}"
    left.mkdir()
    with (
        pytest.raises(InputError, match="process 1 of another machine or container is writing"),
        whole_folder(tmp_path / "models", "marker"),
    ):
        pass
    os.utime(left, (0, 0))
    with whole_folder(tmp_path / "models", "marker"):
        assert not left.exists()
