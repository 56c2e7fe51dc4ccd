"""Two logical CPU devices against one, with the same global batch."""

import json
import subprocess
import sys

import numpy as np
import pytest

_DEVICES = """
import json, sys
import tensorflow as tf
devices = int(sys.argv[1])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
import keras, numpy as np
from pathlib import Path
from keras_t2i.pipelines.captions import caption_batches, captioned_pictures
from keras_t2i.pipelines.labels import labelled_pictures
from keras_t2i.pipelines.records import read_split
from keras_t2i.training.steps import Steps

names = [d.name for d in tf.config.list_logical_devices("CPU")]
strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()

def distance(a, b):
    return float(np.abs(np.asarray(a, "float64") - np.asarray(b, "float64")).max())

def spread(*models):
    copies = [strategy.experimental_local_results(v.value) for m in models for v in m.variables]
    return max(distance(c[0], other) for c in copies for other in c)

def moved(gan):
    return distance(gan.average.get_weights()[0], gan.network.get_weights()[0])

def finite(*models):
    return all(bool(np.isfinite(w).all()) for m in models for w in m.get_weights())

"""
_CAPTIONS = """
from tests.tiny_run import tiny
split = read_split(Path(sys.argv[2]), "train")
keras.utils.set_random_seed(1)
with strategy.scope():
    encoder = tiny().encoder.model(20, 3)
    tokens = np.random.default_rng(0).integers(1, 20, (64, 8))
    data = caption_batches(tokens, np.arange(64) % 3, 16, seed=2)
    Steps(encoder, data).take(6)
    embeddings = np.random.default_rng(1).normal(size=(len(split.captions), 8)).astype("float32")
    gan = tiny().gan.model(8, embeddings)
    pairs = captioned_pictures(split, 8, embeddings=embeddings)
    gan.ready(gan.term_names(next(iter(pairs))))
    Steps(gan, pairs).take(4)
print(json.dumps({
    "replicas": strategy.num_replicas_in_sync,
    "steps": [int(encoder.step.numpy()), int(gan.step.numpy())],
    "encoder": [float(np.abs(w).sum()) for w in encoder.get_weights()],
    "spread": spread(gan), "finite": finite(gan), "moved": moved(gan),
}))
"""
_LABELS = """
from keras_t2i.pipelines.errors import InputError
from tests.tiny_labels import SCHEMA, tiny_labels
split = read_split(Path(sys.argv[3]), "train")
keras.utils.set_random_seed(1)
experiment = tiny_labels()
with strategy.scope():
    autoencoder = experiment.autoencoder.model(experiment.networks, 16, SCHEMA.width)
    autoencoder.prepare()
    pictures = labelled_pictures(split, 8)
    Steps(autoencoder, pictures).take(4)
    before = autoencoder.get_weights()
    gan = experiment.gan.model(experiment.networks, 16, SCHEMA.width, autoencoder.read)
    gan.ready(gan.term_names(next(iter(pictures))))
    Steps(gan, pictures).take(4)
    try:
        Steps(gan, labelled_pictures(split, 7))
    except InputError as error:
        refused = str(error)
after = autoencoder.get_weights()
print(json.dumps({
    "replicas": strategy.num_replicas_in_sync,
    "steps": [int(autoencoder.step.numpy()), int(gan.step.numpy())],
    "frozen": max(distance(a, b) for a, b in zip(after, before, strict=True)),
    "spread": spread(autoencoder, gan), "finite": finite(autoencoder, gan), "moved": moved(gan),
    "refused": refused,
}))
"""
_FLOW = """
from tests.keras_t2i.test_label_flow import tiny_flow
split = read_split(Path(sys.argv[3]), "train")
keras.utils.set_random_seed(1)
with strategy.scope():
    flow = tiny_flow().flow.model(16, 6)
    flow.prepare()
    steps = Steps(flow, labelled_pictures(split, 8))
    losses = []
    for _ in range(4):
        flow.reset_metrics()
        steps.take(1)
        losses.append(steps.means()["velocity"])
print(json.dumps({
    "losses": losses, "spread": spread(flow), "finite": finite(flow), "moved": moved(flow),
}))
"""
_PENALTIES = """
from types import SimpleNamespace
from keras_t2i.training import replica_program
from keras_t2i.adversarial.losses import NoAdversarialLoss
from keras_t2i.adversarial.penalties import R1, R2, GradientPenalty, MatchingAwareGradientPenalty
from tests.games import one_scale_captions, one_scale_labels

def trained(game, losses_off, *extras, xla=False):
    keras.utils.set_random_seed(1)
    with strategy.scope():
        gan, batch = game(8)
        gan.critic_extras, gan.augmentations = extras, ()
        if losses_off:
            gan.adversarial_loss = NoAdversarialLoss()
        gan.ready(gan.term_names(batch), jit_compile=xla)
        data = tf.data.Dataset.from_tensor_slices(batch).repeat().batch(8, drop_remainder=True)
        steps = Steps(gan, data)
        steps.take(1)
        logs = steps.means()
    # Adam's first moments are the gradients that all replicas summed.
    moments = [v.numpy() for v in gan.critic.optimizer.variables[2:]]
    return {
        "logs": logs,
        "moments": [float(np.abs(m).sum()) for m in moments], "spread": spread(gan),
        "finite": finite(gan),
    }

told = {
    "captions": trained(one_scale_captions, True, R1(), MatchingAwareGradientPenalty(1.0, 2.0)),
    "labels": trained(one_scale_labels, True, R1()),
}
if devices > 1:
    made = []
    def counted(work, **options):
        made.append(options["jit_compile"])
        return tf.function(work, **options)
    replica_program.tf = SimpleNamespace(function=counted)
    told["captions, compiled"] = trained(
        one_scale_captions, True, R1(), MatchingAwareGradientPenalty(1.0, 2.0), xla=True)
    told["all captions, compiled"] = trained(one_scale_captions, False, R1(), xla=True)
    compiled = made.count(True)
    told["all captions"] = trained(one_scale_captions, False, GradientPenalty(), R1(), R2(),
                                   MatchingAwareGradientPenalty())
    told["all labels"] = trained(one_scale_labels, False, GradientPenalty(), R1(), R2())
    told["all captions, compiled"]["programs"] = compiled
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def on_devices(colour_data, labelled_data):
    """What each of the trainings tells, on one device and on two."""
    return [
        _told(_DEVICES + _CAPTIONS + _PENALTIES + _FLOW, 1, colour_data, labelled_data),
        _told(_DEVICES + _CAPTIONS + _PENALTIES + _LABELS + _FLOW, 2, colour_data, labelled_data),
    ]


def _told(code, devices, *data):
    child = subprocess.run(
        [sys.executable, "-c", code, str(devices), *map(str, data)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-3000:]
    return [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]


def test_two_devices_train_as_one(on_devices):
    one, two = (told[0] for told in on_devices)
    assert (one["replicas"], two["replicas"]) == (1, 2)
    assert one["steps"] == two["steps"] == [6, 4]
    np.testing.assert_allclose(two["encoder"], one["encoder"], rtol=1e-4)
    # All replicas hold the same weights, averages and statistics.
    assert two["spread"] == 0
    assert two["finite"]
    assert two["moved"] > 0


def test_two_devices_train_a_gan_of_labels(on_devices):
    two = on_devices[1][2]
    assert two["replicas"] == 2
    assert two["steps"] == [4, 4]
    assert two["frozen"] == 0  # the guide, on every replica
    assert "must be a multiple of its number of devices. Received: 7 rows" in two["refused"]
    assert two["spread"] == 0
    assert two["finite"]
    assert two["moved"] > 0


def test_two_devices_train_a_flow_as_one(on_devices):
    """The same noise and times for the same rows, however many devices share them."""
    one, two = (told[-1] for told in on_devices)
    np.testing.assert_allclose(two["losses"], one["losses"], rtol=1e-3)
    np.testing.assert_allclose(two["losses"][0], one["losses"][0], rtol=1e-6)
    assert two["spread"] == 0
    assert two["finite"]
    assert two["moved"] > 0


def test_two_devices_penalise_as_one(on_devices):
    """At real pictures, where no noise tells the replicas apart, and without BatchNorm."""
    one, two = (told[1] for told in on_devices)
    for game in ("captions", "labels"):
        assert two[game]["logs"]["critic/r1"] > 0
        for name in ("critic/r1", "slope/real", "critic/matching_aware_penalty"):
            assert two[game]["logs"].get(name) == pytest.approx(one[game]["logs"].get(name))
        assert max(one[game]["moments"]) > 0
        np.testing.assert_allclose(two[game]["moments"], one[game]["moments"], rtol=1e-4)
    for game, found in two.items():
        assert found["spread"] == 0, game
        assert found["finite"], game
    assert two["all captions, compiled"]["programs"] >= 2 * 2  # of two trainings, by both replicas
    compiled = two["captions, compiled"]
    assert compiled["logs"] == pytest.approx(two["captions"]["logs"], rel=1e-3)
    np.testing.assert_allclose(compiled["moments"], one["captions"]["moments"], rtol=1e-3)
    names = {"critic/gradient_penalty", "critic/r1", "critic/r2"}
    assert names | {"critic/matching_aware_penalty"} <= set(two["all captions"]["logs"])
    assert names <= set(two["all labels"]["logs"])


_EXCHANGE = """
from keras_t2i.pipelines.errors import InputError
from tests.games import GAMES

with strategy.scope():
    gan, batch = GAMES["CycleGAN"]()
    gan.ready(("any",), jit_compile=True)
    data = tf.data.Dataset.from_tensor_slices(batch).repeat().batch(4, drop_remainder=True)
    try:
        Steps(gan, data)
    except InputError as error:
        print(json.dumps({"refused": str(error)}))
"""


def test_xla_compiles_no_step_in_whose_objectives_devices_exchange_pictures():
    (told,) = _told(_DEVICES + _EXCHANGE, 2)
    assert "CycleGAN exchanges more" in told["refused"]
