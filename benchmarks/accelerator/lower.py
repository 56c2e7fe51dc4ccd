"""Lower the GAN of a captions' run to StableHLO, for a machine with JAX and no TensorFlow.

    python benchmarks/accelerator/lower.py RUN --out job

RUN is begun by `fit` here, which trains the encoder; Ctrl-C ends it once the GAN begins. The folder
`job` then has all that `train.py` needs there:

    step.mlir    the training step: (batch, state) -> (terms, state), bfloat16 as on a GPU
    step.json    names and shapes of both; which variable is which network's
    state.npz    the untrained state
    data.npz     pictures uint8, embeddings, and which belongs to which
"""

import argparse
import gc
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.ops.resource_variable_ops import BaseResourceVariable

import keras_t2i
from keras_t2i.tasks.text_to_image.task import TextToImageTask

BATCH = ("caption", "image", "mismatched")


def main() -> None:
    """Lower the run's GAN."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", default="bfloat16")
    arguments = parser.parse_args()
    task = keras_t2i.load(arguments.run)
    assert isinstance(task, TextToImageTask), "a run of captions"
    arguments.out.mkdir(parents=True, exist_ok=True)
    lower_gan(task, arguments.out, arguments.precision)
    write_data(task, arguments.out)


def lower_gan(task: TextToImageTask, out: Path, precision: str) -> None:
    """Write step.mlir, step.json and state.npz of a run's untrained GAN."""
    stage = replace(task.experiment.gan, precision=precision)
    embeddings = task.embeddings()
    side, rows = task.info.image_size, stage.rows
    shapes = [(rows, embeddings.shape[1]), (rows, side, side, 3), (rows, embeddings.shape[1])]
    with as_on_gpu():
        gan = stage.model(embeddings.shape[1], embeddings, task.experiment.seed, task.reader)
        batch = [tf.zeros(shape) for shape in shapes]
        gan.ready(gan.term_names(dict(zip(BATCH, batch, strict=True))))
        parts = {"average": gan.average.variables, "network": gan.network.variables}
        names = {
            id(variable.value): f"{part} {i}"
            for part, variables in parts.items()
            for i, variable in enumerate(variables)
        }

        def step(*batch: tf.Tensor) -> dict[str, tf.Tensor]:
            return gan.train_step(dict(zip(BATCH, batch, strict=True)))

        text, state, results = lowered(step, batch)
    (out / "step.mlir").write_text(text)
    arrays, place = distinct([value_of(held) for held in state])
    np.savez_compressed(out / "state.npz", **arrays)
    described = [
        {
            "name": names.get(id(held), "other"),
            "array": array,
            "shape": list(held.shape),
            "dtype": held.dtype.name,
            "constant": not isinstance(held, BaseResourceVariable),
        }
        for held, array in zip(state, place, strict=True)
    ]
    described_results = [
        {"name": name, "shape": list(value.shape), "dtype": value.dtype.name}
        for name, value in results
    ]
    held = {"rows": rows, "side": side, "state": described, "results": described_results,
            "by_picture": stage.mismatched_by_picture}  # fmt: skip
    (out / "step.json").write_text(json.dumps(held))


def write_data(task: TextToImageTask, out: Path) -> None:
    """Write data.npz: the training pictures and their captions' embeddings."""
    split = task.split
    np.savez_compressed(
        out / "data.npz",
        images=split.images,
        embeddings=task.embeddings().astype("float32"),
        starts=split.caption_starts.astype("int32"),
        labels=split.labels.astype("int32"),
    )


def lowered(
    step: Callable[..., dict[str, tf.Tensor]], batch: Sequence[tf.Tensor]
) -> tuple[str, list[Any], list[tuple[str, tf.Tensor]]]:
    """A step as StableHLO, what it captures in the program's order, and its results by name.

    The program takes the batch, then what was captured; it gives the results, then all captured
    variables. XLA would leave out those that are not written, so each is written once more.
    """
    held = captured(tf.function(step, autograph=False), batch)

    def writes_all(*batch: tf.Tensor) -> dict[str, tf.Tensor]:
        results = step(*batch)
        for each in held:
            if isinstance(each, BaseResourceVariable):
                same = each.read_value()
                each.assign(tf.math.logical_or(same, False) if same.dtype == tf.bool else same + 0)
        return results

    compiled = tf.function(writes_all, jit_compile=True, autograph=False)
    held = captured(compiled, batch)
    outputs = compiled.get_concrete_function(*batch).structured_outputs
    text = compiled.experimental_get_compiler_ir(*batch)(stage="stablehlo")
    # JAX's compiler does not know this operation; a conversion to the same type does the same.
    return text.replace("mhlo.copy %", "stablehlo.convert %"), held, sorted(outputs.items())


def captured(function: Any, batch: Sequence[tf.Tensor]) -> list[Any]:
    """The variables and constant tensors that a function captures, in its program's order."""
    graph = function.get_concrete_function(*batch).graph
    # An optimizer's slots that only a raw operation touches are not among the graph's variables.
    alive = (each for each in gc.get_objects() if isinstance(each, BaseResourceVariable))
    by_handle = {id(variable.handle): variable for variable in (*alive, *graph.variables)}
    return [by_handle.get(id(capture), capture) for capture in graph.external_captures]


def value_of(held: Any) -> np.ndarray:
    """Value of a variable or tensor; NumPy knows no bfloat16."""
    value = tf.convert_to_tensor(held)
    return (tf.cast(value, tf.float32) if value.dtype == tf.bfloat16 else value).numpy()


def distinct(values: Sequence[np.ndarray]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Different arrays by name, and the name of each: averages begin as copies of networks."""
    arrays: dict[str, np.ndarray] = {}
    names = []
    for value in values:
        digest = hashlib.sha256(value.tobytes() + repr((value.shape, value.dtype)).encode())
        names.append(digest.hexdigest()[:16])
        arrays[names[-1]] = value
    return arrays, names


@contextmanager
def as_on_gpu() -> Iterator[None]:
    """Let code that asks for a GPU find one, so that it builds the graph of a GPU."""
    listed = tf.config.list_physical_devices
    tf.config.list_physical_devices = lambda kind=None: (
        [object()] if kind == "GPU" else listed(kind)
    )
    try:
        yield
    finally:
        tf.config.list_physical_devices = listed


if __name__ == "__main__":
    main()
