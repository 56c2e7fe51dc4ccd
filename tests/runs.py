"""Trainings that are killed and compared."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import tensorflow as tf

from keras_t2i.components.values import to_json


def checkpoint_values(run, stage):
    """All that a stage's latest checkpoint holds, by name."""
    path = tf.train.latest_checkpoint(str(run.stage(stage) / "checkpoints"))
    reader = tf.train.load_checkpoint(path)
    return {
        name: reader.get_tensor(name)
        for name in reader.get_variable_to_shape_map()
        if "OBJECT_GRAPH" not in name and "save_counter" not in name
    }


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
fit(from_json(json.loads(sys.argv[1])), Path(sys.argv[2]), Run(Path(sys.argv[3])))
"""


def child(experiment, data, run):
    words = [
        sys.executable,
        "-c",
        _CHILD,
        json.dumps(to_json(experiment)),
        str(data),
        str(run.path),
    ]
    return subprocess.Popen(
        words, env={**os.environ, "PYTHONPATH": "."}, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition, process, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.02)
