"""What a training runs on: chosen, told, kept."""

import json
import subprocess
import sys
from dataclasses import replace

import tensorflow as tf

from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.hardware import tell_of_unused_gpu
from keras_t2i.training.run import Run, read_json
from tests.tiny_run import tiny

_PRETENDED = """
import json, sys
import tensorflow as tf
devices = int(sys.argv[1])
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
listed = tf.config.list_physical_devices
gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
tf.config.list_physical_devices = lambda kind=None: [gpu] if kind == "GPU" else listed(kind)
from keras_t2i.training.hardware import jit_compile

names = [d.name for d in tf.config.list_logical_devices("CPU")]
strategy = tf.distribute.MirroredStrategy(names) if devices > 1 else tf.distribute.get_strategy()
found = {}
with strategy.scope():
    found["auto"] = jit_compile("auto")
    found["on"] = jit_compile("on")
    if devices > 1:
        from keras_t2i.pipelines.captions import captioned_pictures
        from keras_t2i.pipelines.records import read_split
        from pathlib import Path
        from keras_t2i.training.steps import Steps
        from tests.tiny_run import tiny
        import numpy as np
        split = read_split(Path(sys.argv[2]), "train")
        rng, count = np.random.default_rng(1), len(split.captions)
        embeddings = rng.normal(size=(count, 8)).astype("float32")
        gan = tiny().gan.model(8, embeddings)
        pairs = captioned_pictures(split, 8, embeddings=embeddings)
        gan.ready(gan.term_names(next(iter(pairs))), jit_compile=jit_compile("auto"))
        Steps(gan, pairs).take(2)
        found["steps"] = int(gan.step.numpy())
print(json.dumps(found))
"""


def pretended(devices, data):
    """What `jit_compile` says on so many devices, where a GPU is pretended."""
    child = subprocess.run(
        [sys.executable, "-c", _PRETENDED, str(devices), str(data)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-3000:]
    return json.loads(child.stdout.strip().splitlines()[-1])


def test_auto_compiles_on_one_gpu_and_not_on_several(colour_data):
    """On several, XLA is tried by those who ask for it."""
    assert pretended(1, colour_data) == {"auto": True, "on": True}
    two = pretended(2, colour_data)
    assert two["auto"] is False
    assert two["on"] is True
    assert two["steps"] == 2


def test_an_xla_training_is_told_and_kept(colour_data, tmp_path, capsys, undetermined):
    """XLA is every GPU's default: both stages, compiled on the CPU."""
    experiment = tiny()
    experiment = replace(
        experiment,
        xla="on",
        deterministic=False,
        encoder=replace(experiment.encoder, epochs=1),
        gan=replace(experiment.gan, pairs=16, interval=2, sample_every=2),
    )
    run = Run(tmp_path / "run")
    fit(experiment, colour_data, run)
    told = capsys.readouterr().err
    assert "gan: CPU (" in told
    assert "float32, compiled by XLA" in told
    held = read_json(run.path / "hardware.json")
    assert held["gan"]["xla"] is True
    assert held["gan"]["precision"] == "float32"
    assert held["gan"]["replicas"] == 1
    (file,) = run.logs("gan").glob("*.hardware*")
    texts = [
        value.tensor.string_val[0].decode()
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
        if value.tag.startswith("hardware")
    ]
    assert "compiled by XLA" in texts[0]


def test_a_gpu_that_cannot_be_used_is_told_loudly(capsys):
    tell_of_unused_gpu(None)
    assert capsys.readouterr().err == ""
    tell_of_unused_gpu("Cannot dlopen some GPU libraries: libcudnn.so.9.")
    said = capsys.readouterr().err
    assert said.startswith("WARNING: this machine has an NVIDIA GPU, but TensorFlow cannot use it")
    assert "libcudnn.so.9" in said
