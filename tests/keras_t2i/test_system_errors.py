"""What the system refuses is told in one line, with the place and the reason, and exit code 2."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from keras_t2i.pipelines.command import run
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.system_errors import told
from keras_t2i.pipelines.whole_file import write_text
from keras_t2i.pipelines.writable import require_file, require_folder

_LONG = "a" * 300


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.EROFS, "Read-only file system", "a/b"), "a/b: Read-only file system."),
        (PermissionError(errno.EACCES, "Permission denied", b"a"), "a: Permission denied."),
        (OSError(errno.EXDEV, "Invalid link", "a", None, "b"), "a → b: Invalid link."),
        (OSError(errno.ENOSPC, "No space left", "a"), "the disk is full (a: No space left)."),
        (OSError(errno.EDQUOT, "Quota"), "the disk is full (Quota)."),
        (OSError("of a library\nand more"), "A file or connection: of a library."),
        (tf.errors.PermissionDeniedError(None, None, "r/ckpt-1.index; Permission denied"),
         "r/ckpt-1.index: Permission denied."),
        (tf.errors.UnknownError(None, None, "{{node x}} r/ckpt; Input/output error [Op:x]"),
         "r/ckpt: Input/output error."),
        (tf.errors.ResourceExhaustedError(None, None, "r/ckpt; No space left on device"),
         "the disk is full (r/ckpt: No space left on device)."),
        (tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"), None),
        (ValueError("a; Permission denied"), None),
    ],
)  # fmt: skip
def test_a_line_for_what_the_system_says(error, line):
    assert told(error) == line


def test_a_bug_keeps_its_traceback():
    def broken():
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        run(broken)


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file", "must be a folder; it is a file"),
        ("file/a/b", "cannot be made, for .*file is no folder"),
        ("/proc/a", r"cannot be written \("),
        (_LONG, r"cannot be written \(File name too long"),
        (f"new/{_LONG}", r"cannot be written \(File name too long"),
    ],
)
def test_a_folder_that_cannot_be_is_refused(place, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=f"--out {place}:? ?{reason}"):
        require_folder(place, "--out")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("folder", "must be a file; it is a folder"),
        ("file/a.png", "cannot be made, for .*file is no folder"),
        (f"new/{_LONG}.png", r"cannot be written \(File name too long"),
    ],
)
def test_a_file_that_cannot_be_is_refused(place, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=f"--out {place}:? ?{reason}"):
        require_file(place, "--out")


def test_a_try_leaves_nothing(tmp_path):
    require_folder(tmp_path / "a" / "b", "--out")
    require_file(tmp_path / "a.png", "--out")
    assert not list(tmp_path.iterdir())


def limited(words, folder, kilobytes):
    """A command that may write files of so many kilobytes only."""
    line = f"ulimit -f {kilobytes}; exec {sys.executable} -m {words}"
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip


_FIT = (
    "keras_t2i.fit gan-8-gaussians --gan.steps 20 --gan.batch-size 64 --gan.interval 10 "
    "--gan.checkpoint-minutes 0 --run run"
)


@pytest.mark.parametrize(
    ("words", "kilobytes", "place"),
    [
        (_FIT, 1, "run/experiment.json"),
        (_FIT, 60, "run/gan/checkpoints/ckpt-10"),
        ("pipelines.prepare birds --pictures 30 --out birds", 12, "train-00000"),
    ],
)
def test_a_limit_on_files_is_told_with_the_place(words, kilobytes, place, tmp_path):
    done = limited(words, tmp_path, kilobytes)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 2, done.stderr
    assert last.startswith("error: ")
    assert place in last
    assert "File too large" in last
    assert "Traceback" not in done.stderr
    assert "{{" not in last


def test_a_file_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_text(tmp_path / "a.txt", "text")
    assert (
        told(caught.value) == f"the disk is full ({tmp_path / 'a.txt'}: No space left on device)."
    )
