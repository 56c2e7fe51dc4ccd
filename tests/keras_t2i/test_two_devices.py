"""Two logical CPU devices against one, with the same global batch."""

import json
import subprocess
import sys

import numpy as np

_CHILD = """
import json, sys
import tensorflow as tf
devices = int(sys.argv[1])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
import keras, numpy as np
from dataclasses import replace
from pathlib import Path
from keras_t2i.text.specs import Attentive
from pipelines.captions import caption_batches, captioned_pictures
from pipelines.records import read_split
from tests.tiny_run import tiny

names = [d.name for d in tf.config.list_logical_devices("CPU")]
strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()
split = read_split(Path(sys.argv[2]), "train")
keras.utils.set_random_seed(1)
with strategy.scope():
    encoder = tiny().encoder.model(20, 3)
    tokens = np.random.default_rng(0).integers(1, 20, (64, 8))
    data = caption_batches(tokens, np.arange(64) % 3, 16, seed=2)
    encoder.fit(data, epochs=1, steps_per_epoch=6, verbose=0, shuffle=False)
    embeddings = np.random.default_rng(1).normal(size=(len(split.captions), 8)).astype("float32")
    gan = tiny().gan.model(8, embeddings)
    pairs = captioned_pictures(split, 8, embeddings=embeddings)
    gan.ready(gan.term_names(next(iter(pairs))))
    gan.fit(pairs, epochs=1, steps_per_epoch=4, verbose=0, shuffle=False)
def distance(a, b):
    return float(np.abs(np.asarray(a, "float64") - np.asarray(b, "float64")).max())

copies = [strategy.experimental_local_results(v.value) for v in gan.variables]
print(json.dumps({
    "replicas": strategy.num_replicas_in_sync,
    "steps": [int(encoder.step.numpy()), int(gan.step.numpy())],
    "encoder": [float(np.abs(w).sum()) for w in encoder.get_weights()],
    "spread": max(distance(c[0], o) for c in copies for o in c),
    "finite": all(bool(np.isfinite(w).all()) for w in gan.get_weights()),
    "moved": float(np.abs(gan.average.get_weights()[0] - gan.network.get_weights()[0]).max()),
}))
"""


def run(devices, data):
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, str(devices), str(data)],
        capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout.strip().splitlines()[-1])


def test_two_devices_train_as_one(colour_data):
    one, two = run(1, colour_data), run(2, colour_data)
    assert (one["replicas"], two["replicas"]) == (1, 2)
    assert one["steps"] == two["steps"] == [6, 4]
    np.testing.assert_allclose(two["encoder"], one["encoder"], rtol=1e-4)
    # All replicas hold the same weights, averages and statistics.
    assert two["spread"] == 0
    assert two["finite"]
    assert two["moved"] > 0
