"""The store of features: shared by processes, killed at any moment, never in anybody's way."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import noise_pictures
from keras_t2i.pipelines.errors import InputError

COUNT, BATCHES = 256, 4
WORKER = """
import sys, time
from dataclasses import replace
from pathlib import Path
import numpy as np
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import noise_pictures

folder, log, pause, turns = Path(sys.argv[1]), Path(sys.argv[2]), *map(float, sys.argv[3:])
pictures, store, extractor = noise_pictures(8, 256, 0), FeatureStore(folder), RandomProjection()

def read(rows):
    time.sleep(pause)
    with log.open("a") as file:
        file.write(f"{rows[0]}\\n")
    return pictures.read(rows)

slow = replace(pictures, read=read)
for turn in range(int(turns)):
    if turn:
        store.forget(slow)
    found = np.array(store.features(slow, extractor).features)
np.save(log.with_suffix(".npy"), found)
"""


def start(folder, log, pause=0.1, turns=1):
    words = [sys.executable, "-c", WORKER, str(folder), str(log), str(pause), str(turns)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def rows_read(log):
    return [int(line) for line in log.read_text().split()] if log.exists() else []


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    store = FeatureStore(tmp_path_factory.mktemp("alone"))
    return np.array(store.features(noise_pictures(8, COUNT, 0), RandomProjection()).features)


def test_two_processes_share_the_work(tmp_path, expected):
    logs = [tmp_path / "a", tmp_path / "b"]
    processes = [start(tmp_path / "store", log) for log in logs]
    for process, log in zip(processes, logs, strict=True):
        assert process.wait(60) == 0, process.stderr.read()
        np.testing.assert_array_equal(np.load(log.with_suffix(".npy")), expected)
    done = rows_read(logs[0]) + rows_read(logs[1])
    assert sorted(done) == [0, 64, 128, 192]  # each batch once: one computed, the other waited


def test_a_killed_process_leaves_its_work_and_no_lock(tmp_path, expected):
    first, second = tmp_path / "a", tmp_path / "b"
    process = start(tmp_path / "store", first, pause=0.3)
    deadline = time.monotonic() + 60
    while len(rows_read(first)) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    after = start(tmp_path / "store", second)
    assert after.wait(60) == 0, after.stderr.read()
    np.testing.assert_array_equal(np.load(second.with_suffix(".npy")), expected)
    assert rows_read(second)[0] in (128, 192)  # two batches were whole, perhaps the third
    assert rows_read(second)[-1] == 192


def test_forgetting_takes_nothing_from_another_process(tmp_path, expected):
    logs = [tmp_path / "a", tmp_path / "b"]
    processes = [start(tmp_path / "store", log, pause=0.0, turns=30) for log in logs]
    for process, log in zip(processes, logs, strict=True):
        assert process.wait(120) == 0, process.stderr.read()
        np.testing.assert_array_equal(np.load(log.with_suffix(".npy")), expected)


def test_files_of_a_process_killed_in_its_first_batch_are_made_anew(tmp_path, expected):
    pictures, extractor = noise_pictures(8, COUNT, 0), RandomProjection()
    store = FeatureStore(tmp_path)
    partial = store._place(pictures, extractor).with_suffix(".partial")
    partial.mkdir(parents=True)
    (partial / "features.npy").write_bytes(b"\x93NUMPY")  # cut short
    np.testing.assert_array_equal(store.features(pictures, extractor).features, expected)


def test_a_store_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match=r"file: features cannot be kept there .*--cache"):
        FeatureStore(tmp_path / "file").features(noise_pictures(8, 4, 0), RandomProjection())
