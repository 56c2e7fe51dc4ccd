"""The way over a machine with JAX alone: lowered here, trained there, restored here."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.networks.layers.enlarging_specs import Interpolated
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run
from tests.small import small
from tests.tiny_labels import tiny_labels

TOOLS = Path(__file__).parents[2] / "benchmarks" / "accelerator"


def tool(name, *words):
    return subprocess.run(
        [sys.executable, TOOLS / name, *map(str, words)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def told(name, *words):
    """The line in which a script refuses."""
    ended = tool(name, *words)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def test_what_is_missing_is_told_in_a_line(trained, exported, tmp_path):
    none, out = tmp_path / "none", tmp_path / "out"
    assert "none: neither a run folder" in told("lower.py", none, "--out", out)
    assert "it is an exported model" in told("lower.py", exported, "--out", out)
    assert "it is an exported model" in told("restore.py", exported, none)
    assert "all stages are trained" in told("lower.py", trained.path, "--out", out)
    assert "--precision" in told("lower.py", trained.path, "--out", out, "--precision", "half")
    assert "trained.json: not readable" in told("restore.py", trained.path, none)
    (tmp_path / "trained.json").write_text('{"stage": "flow"}')
    assert "the run has no stage flow" in told("restore.py", trained.path, tmp_path)
    assert not out.exists()


def test_a_missing_job_is_told_in_a_line(tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    for name, out in (("train.py", ["--out"]), ("kernels.py", ["--out"]), ("costs.py", [])):
        line = told(name, tmp_path / "none", *out, *([tmp_path / "out"] if out else []))
        assert "none has no step.json: `lower.py` writes the folder." in line
    assert not (tmp_path / "out").exists()


def test_a_run_without_pictures_is_refused_before_anything_is_written(tmp_path):
    run = Run(tmp_path / "run")
    run.open(keras_t2i.preset("gan-8-gaussians"))
    line = told("lower.py", run.path, "--out", tmp_path / "job")
    assert "draws points from noise, cannot be lowered" in line
    assert not (tmp_path / "job").exists()


@pytest.mark.parametrize("name", ["lower.py", "restore.py"])
def test_help_comes_before_tensorflow(name):
    words = [sys.executable, "-X", "importtime", TOOLS / name, "--help"]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "numpy" in imported
    assert not {"tensorflow", "keras"} & imported


def test_a_given_encoder_has_no_precision_and_no_step(colour_data, tmp_path):
    run = Run(tmp_path / "run")
    experiment = small("frozen-encoder-gan")
    fit(experiment, colour_data, run)
    sys.path.insert(0, str(TOOLS))
    import lower

    stage, training = lower.build(keras_t2i.load(run.path), "gan", "float32")
    assert stage.precision == "float32"
    assert training.steps
    with pytest.raises(InputError, match="--stage encoder has no step to train"):
        lower.lower_stage(keras_t2i.load(run.path), "encoder", tmp_path / "job", "float32")
    assert not (tmp_path / "job").exists()


@pytest.mark.slow
def test_a_gan_is_trained_without_tensorflow(trained, colour_data, tmp_path):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    run = Run(tmp_path / "run")
    shutil.copytree(trained.path, run.path)
    shutil.rmtree(run.stage("gan"))
    lowered = tool("lower.py", run.path, "--out", tmp_path / "job", "--precision", "float32")
    assert lowered.returncode == 0, lowered.stderr[-2000:]
    there = tool(
        "train.py", tmp_path / "job", "--steps-a-call", 4, "--steps", 24, "--out", tmp_path / "out"
    )
    assert there.returncode == 0, there.stderr[-2000:]
    log = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == 24
    assert {"critic/real", "generator/fake"} <= set(log[-1])
    back = tool("restore.py", run.path, tmp_path / "out")
    assert back.returncode == 0, back.stderr[-2000:]
    task = keras_t2i.load(run.path)
    assert task.run.summary("gan")["rows"] == 24 * 8
    assert task.generate("a red picture", seed=3).std() > 1


@pytest.mark.slow
def test_both_stages_of_labels_are_trained_without_tensorflow(labelled_data, tmp_path):
    """The second stage begins with what the first one brought back."""
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    experiment, run = tiny_labels(), Run(tmp_path / "run")
    networks = replace(experiment.networks, doubling=Interpolated())
    experiment = replace(experiment, networks=networks)
    run.open(experiment, DatasetInfo.load(labelled_data), labelled_data)
    experiment.task(run, labelled_data).remember()
    for stage in ("autoencoder", "gan"):
        job, out = tmp_path / f"{stage} job", tmp_path / stage
        lowered = tool("lower.py", run.path, "--out", job, "--half", "--jpeg", 90)
        assert lowered.returncode == 0, lowered.stderr[-2000:]
        there = tool("train.py", job, "--steps-a-call", 2, "--steps", 4, "--out", out)
        assert there.returncode == 0, there.stderr[-2000:]
        back = tool("restore.py", run.path, out)
        assert back.returncode == 0, back.stderr[-2000:]
        assert run.summary(stage)["steps"] == 4
    picture = keras_t2i.load(run.path).generate("red, left", seed=1)
    assert picture.shape == (1, 16, 16, 3)
    over = tool("lower.py", run.path, "--out", tmp_path / "none")
    assert over.returncode == 2
    assert "all stages are trained (autoencoder, gan)" in over.stderr
    none = tool("lower.py", run.path, "--stage", "gam", "--out", tmp_path / "none")
    assert "--stage must be one of autoencoder, gan. Received: gam." in none.stderr
    shutil.copy(tmp_path / "autoencoder" / "drawing.npz", tmp_path / "gan" / "drawing.npz")
    other = tool("restore.py", run.path, tmp_path / "gan")
    assert "the weights of another run's stage" in other.stderr
    assert np.array_equal(keras_t2i.load(run.path).generate("red, left", seed=1), picture)


@pytest.mark.slow
def test_words_are_read_there_as_here(colour_data, tmp_path):
    """A GAN that looks at words is trained too, and what it was at a step before the last kept."""
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    run = keras_t2i.fit(
        small("word-attention-gan-narrow"), data=colour_data, run=tmp_path / "run"
    ).run
    shutil.rmtree(run.stage("gan"))
    job, out = tmp_path / "job", tmp_path / "out"
    lowered = tool("lower.py", run.path, "--out", job, "--precision", "float32", "--half")
    assert lowered.returncode == 0, lowered.stderr[-2000:]
    child = subprocess.run(
        [sys.executable, "-c", _WORDS, str(TOOLS), str(job)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    words = keras_t2i.load(run.path).words()
    np.testing.assert_allclose(np.load(job / "words.npy"), words, rtol=5e-3, atol=5e-5)
    assert words.std() > 1e-3
    there = tool("train.py", job, "--steps-a-call", 2, "--steps", 4, "--keep-at", 2, "--out", out)
    assert there.returncode == 0, there.stderr[-2000:]
    for folder, steps in ((out / "2", 2), (out, 4)):
        back = tool("restore.py", run.path, folder)
        assert back.returncode == 0, back.stderr[-2000:]
        assert run.summary("gan")["steps"] == steps


_WORDS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import jax, numpy as np
import train
job = Path(sys.argv[2])
with np.load(job / "data.npz") as held:
    tokens = jax.numpy.asarray(held["tokens"])
np.save(job / "words.npy", train.words_of(job, tokens))
"""


@pytest.mark.slow
def test_a_step_there_is_a_step_here(trained, colour_data, tmp_path):
    """The same batch, from the same state: the same terms."""
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    sys.path.insert(0, str(TOOLS))
    import lower

    task = keras_t2i.load(trained.path)
    task.experiment = replace(task.experiment, deterministic=False)
    keras.utils.set_random_seed(1)
    lower.lower_stage(task, "gan", tmp_path, "float32")
    described = json.loads((tmp_path / "step.json").read_text())
    rows, side = described["rows"], described["side"]
    rng = np.random.default_rng(0)
    batch = {
        "caption": rng.normal(size=(rows, 8)).astype("float32"),
        "image": rng.uniform(-1, 1, (rows, side, side, 3)).astype("float32"),
        "mismatched": rng.normal(size=(rows, 8)).astype("float32"),
    }
    rest = {"label": np.zeros(rows, "int64"), "attributes": np.zeros((rows, 1), "int64")}
    batch |= {name: rest[name] for name in rest if name in described["batch"]}
    np.savez(tmp_path / "batch.npz", **batch)
    child = subprocess.run(
        [sys.executable, "-c", _STEP, str(TOOLS), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    there = json.loads(child.stdout.splitlines()[-1])
    keras.utils.set_random_seed(1)
    gan = lower.build(task, "gan", "float32")[1].model
    # XLA has random numbers of its own; it compiles the step in both places.
    compiled = tf.function(gan.train_step, jit_compile=True, autograph=False)
    held = {name: tf.constant(value) for name, value in batch.items()}
    here = {name: float(value) for name, value in compiled(held).items()}
    for name, value in here.items():
        assert there[name] == pytest.approx(value, rel=2e-3, abs=2e-4), name


_STEP = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import jax, numpy as np
import train
job = Path(sys.argv[2])
described = json.loads((job / "step.json").read_text())
step = train.program_of(job, "step")
batch = np.load(job / "batch.npz")
given = [jax.numpy.asarray(batch[name]) for name in described["batch"]]
state, results = jax.jit(step)(given, train.initial(job))
names = [each["name"] for each in described["results"]]
print(json.dumps({n: float(v) for n, v in zip(names, results, strict=True)}))
"""


def test_kernels_are_summed_by_name_and_group():
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    sys.path.insert(0, str(TOOLS))
    import kernels

    def named(kind, pid, tid, name):
        return {"ph": "M", "name": kind, "pid": pid, "tid": tid, "args": {"name": name}}

    def ran(name, operation, microseconds, pid=1, tid=7):
        args = {"hlo_op": operation}
        return {"ph": "X", "name": name, "pid": pid, "tid": tid, "dur": microseconds, "args": args}

    events = [
        named("process_name", 1, 0, "/device:GPU:0"), named("process_name", 2, 0, "/host:CPU"),
        named("thread_name", 1, 7, "Stream #7"), named("thread_name", 1, 8, "XLA Ops"),
        ran("sm90_gemm", "cudnn-conv.3", 4000.0), ran("sm90_gemm", "cudnn-conv.3", 2000.0),
        ran("loop_add", "loop_add.1", 1000.0), ran("loop_add", "loop_add.1", 9000.0, tid=8),
        ran("loop_add", "loop_add.1", 9000.0, pid=2),
    ]  # fmt: skip
    found = kernels.kernels_of(events)
    assert [(each["name"], each["ms"], each["launches"]) for each in found] == [
        ("sm90_gemm", 0.3, 0.1), ("loop_add", 0.05, 0.05),
    ]  # fmt: skip
    spent = {group: ms for group, (ms, _) in kernels.groups(found).items() if ms}
    assert spent == {
        "convolutions, with cuDNN's padding and conversions": 0.3, "elementwise": 0.05,
    }  # fmt: skip


_PRODUCT = """
module {
  func.func @main(%arg0: tensor<4x6xf32>, %arg1: tensor<6x8xf32>, %arg2: tensor<i64>)
      -> (tensor<4x8xf32>, tensor<i64>) {
    %0 = stablehlo.dot_general %arg0, %arg1, contracting_dims = [1] x [0]
        : (tensor<4x6xf32>, tensor<6x8xf32>) -> tensor<4x8xf32>
    %1 = stablehlo.add %arg2, %arg2 : tensor<i64>
    return %0, %1 : tensor<4x8xf32>, tensor<i64>
  }
}
"""


def test_costs_are_those_of_the_program(tmp_path, monkeypatch, capsys):
    pytest.importorskip("jax", reason="JAX is not installed: pip install -e '.[benchmarks]'")
    told = {
        "results": [{"shape": [4, 8], "dtype": "float32"}],
        "state": [
            {"shape": [6, 8], "dtype": "float32", "constant": True},
            {"shape": [], "dtype": "int64", "constant": False},
        ],
    }
    (tmp_path / "step.mlir").write_text(_PRODUCT)
    (tmp_path / "step.json").write_text(json.dumps(told))
    sys.path.insert(0, str(TOOLS))
    import costs

    flops, moved = costs.cost_of(tmp_path)
    assert 2 * 4 * 6 * 8 <= flops <= 2 * 4 * 6 * 8 + 1
    assert 440 <= moved <= 480  # of the product 416, of the sum 24; XLA counts the results twice
    monkeypatch.setattr(sys, "argv", ["costs.py", str(tmp_path)])
    costs.main()
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"| {tmp_path.name} | 2 | 0 of 0 |")
