"""Trainings that are killed and compared."""

import json
import os
import subprocess
import sys
import time

import numpy as np

from keras_t2i.components.values import to_json
from keras_t2i.pipelines.arrays import read_arrays
from keras_t2i.training import checkpoint


def checkpoint_values(run, stage):
    """All that a stage's latest checkpoint holds, by name."""
    folder = run.stage(stage) / "checkpoints"
    return read_arrays(checkpoint.file_of(folder, checkpoint.steps(folder)[-1]))


def assert_same_state(first, second):
    for stage in (stage.name for stage in first.experiment.stages):
        one, other = checkpoint_values(first, stage), checkpoint_values(second, stage)
        assert one.keys() == other.keys()
        assert len(one) > 10
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


_CHILD = """
import sys, json
from pathlib import Path
from keras_t2i.components.values import from_json
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run
data = Path(sys.argv[2]) if sys.argv[2] else None
fit(from_json(json.loads(sys.argv[1])), data, Run(Path(sys.argv[3])))
"""


def words_of(experiment, data, run):
    """Words after `python` that train an experiment; no data is `None`."""
    return ["-c", _CHILD, json.dumps(to_json(experiment)), str(data or ""), str(run.path)]


def child(experiment, data, run):
    words = [sys.executable, *words_of(experiment, data, run)]
    return subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": "."}, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.02)
