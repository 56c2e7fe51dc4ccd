"""Lower a stage of a run to StableHLO, for a machine with JAX and no TensorFlow.

    python benchmarks/accelerator/lower.py RUN --out job

RUN is begun by `fit` here; its first stage without a summary is lowered, or the one of `--stage`.
The stages before it are trained here, or come back by `restore.py`. The folder `job` then has all
that `train.py` needs there:

    step.mlir    the training step: (batch, state) -> (terms, state), bfloat16 as on a GPU
    step.json    names and shapes of both; which variables draw; how batches are made
    step.npz     the state that the stage begins with
    data.npz     pictures as PNG or JPEG, and their labels, embeddings or tokens
    reader.*     where batches hold states of words, what makes them of tokens
"""

import argparse
import gc
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

import keras_t2i
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.command import run
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.labels import label_vectors
from keras_t2i.pipelines.lazy import tf
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.pictures import PictureTask
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.text_to_image.task import TextToImageTask
from keras_t2i.tasks.text_to_image.word_task import WordsToImageTask
from keras_t2i.training.hardware import Precision
from keras_t2i.training.stage import Stage, Training

_LARGE = 4096  # entries of an array from which `--half` stores it as float16
_CAPTIONS = 64  # read in one call


def main() -> None:
    """Lower a stage of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stage", help="the first that is not trained if left out")
    parser.add_argument("--precision", default="bfloat16", choices=get_args(Precision))
    parser.add_argument("--half", action="store_true", help="large arrays of the state as float16")
    parser.add_argument("--jpeg", type=int, help="quality of JPEG pictures in place of PNG")
    arguments = parser.parse_args()
    task = keras_t2i.load(arguments.run)
    if not isinstance(task, Task):
        raise InputError(f"{arguments.run}: must be a run folder; it is an exported model.")
    if not isinstance(task, PictureTask):
        raise InputError(f"{task!r} cannot be lowered: only one that is trained on pictures can.")
    names = [stage.name for stage in task.experiment.stages]
    left = [name for name in names if task.run.summary(name) is None]
    if arguments.stage is not None and arguments.stage not in names:
        raise InputError(f"--stage must be one of {', '.join(names)}. Received: {arguments.stage}.")
    if arguments.stage is None and not left:
        raise InputError(f"{arguments.run}: all stages are trained ({', '.join(names)}).")
    lower_stage(
        task, arguments.stage or left[0], arguments.out, arguments.precision, arguments.half
    )
    write_data(task, arguments.out, arguments.jpeg, arguments.half)


def lower_stage(task: Task, name: str, out: Path, precision: str, half: bool = False) -> None:
    """Write step.mlir, step.json and step.npz of a stage before its first step."""
    with as_on_gpu():
        stage, training = build(task, name, precision)
        if not training.steps:
            raise InputError(f"--stage {name} has no step to train; `fit` ends it here at once.")
        model, batch = training.model, next(iter(training.dataset(0)))
        # A compiled program takes no empty column, such as the attributes of data without any.
        empty = {name: each for name, each in batch.items() if 0 in each.shape}
        names = sorted(batch.keys() - empty.keys())
        drawing = {
            id(variable.value): f"{part}.{i}"
            for part, network in model.drawing_parts().items()
            for i, variable in enumerate(network.variables)
        }

        def step(*values: "tf.Tensor") -> "dict[str, tf.Tensor]":
            nothing = {name: tf.zeros(each.shape, each.dtype) for name, each in empty.items()}
            return model.train_step({**nothing, **dict(zip(names, values, strict=True))})

        program = lowered(step, [tf.zeros_like(batch[each]) for each in names])
        facts = {
            "stage": name,
            "batch": names,
            "rows": training.rows_per_step,
            "steps": training.steps,
            "side": task.info.image_size,
            "crop": stage.data_augmentation.crop,
            "flip": stage.data_augmentation.flip,
        }
        out.mkdir(parents=True, exist_ok=True)
        program.write(out, "step", facts, drawing, half)


def lower_reader(task: TextToImageTask, out: Path, half: bool = False) -> np.ndarray:
    """Write reader.mlir, reader.json and reader.npz: tokens of captions -> states of their words.

    The states of a caption's words are a thousand times as many bytes as its tokens.

    Returns:
        Tokens of the training captions, int32 (captions, n).
    """
    tokens = np.asarray(task.tokenizer(task.split.captions), "int32")
    encoder = task.encoder  # its weights are read here; inside a graph they would not be

    def read(tokens: "tf.Tensor") -> "dict[str, tf.Tensor]":
        return {"words": tf.cast(encoder.encode_words(tokens)["words"], tf.float16)}

    example = tf.zeros((_CAPTIONS, tokens.shape[1]), tf.int32)
    lowered(read, [example]).write(out, "reader", {"rows": _CAPTIONS}, {}, half)
    return tokens


def build(task: Task, name: str, precision: str) -> tuple[Any, Training]:
    """A stage and its training, all stages of the run being in that precision."""
    experiment = task.experiment
    assert isinstance(experiment, TaskExperiment)  # as of every run that can be loaded
    stages: dict[str, Any] = {
        field.name: replace(value, precision=precision)
        for field in fields(experiment)
        if isinstance(value := getattr(experiment, field.name), Stage)
        and is_dataclass(value)
        and "precision" in (each.name for each in fields(value))  # a given encoder has none
    }
    task = replace(experiment, **stages).task(task.run, task.data)
    stage = next(each for each in task.experiment.stages if each.name == name)
    return stage, task.build(stage)


def write_data(
    task: PictureTask, out: Path, quality: int | None = None, half: bool = False
) -> None:
    """Write data.npz: the training pictures, and their captions' readings or their labels.

    Args:
        task: The run.
        out: Folder that `lower_stage` wrote.
        quality: Quality of JPEG files; PNG if `None`.
        half: Whether the reader's large arrays are stored as float16.
    """
    images = task.split.images
    files = [encoded(images[row], quality) for row in range(len(images))]
    arrays = {
        "files": np.frombuffer(b"".join(files), "uint8"),
        "ends": np.cumsum([len(file) for file in files]),
    }
    batch = json.loads((out / "step.json").read_text())["batch"]
    rows = {"label": task.split.labels, "attributes": task.split.attributes}
    arrays |= {name: rows[name] for name in rows if name in batch}
    if "caption" in batch:
        assert isinstance(task, TextToImageTask)
        arrays |= captions_of(task)
    if "words" in batch:
        assert isinstance(task, WordsToImageTask)
        arrays["tokens"] = lower_reader(task, out, half)
    if "labels" in batch:
        labels = label_vectors(task.split)
        arrays |= {
            "labels": labels,
            "mirrored_labels": labels[:, AttributeSchema(task.info.attributes).mirror],
        }
    np.savez(out / "data.npz", allow_pickle=False, **arrays)


def captions_of(task: TextToImageTask) -> dict[str, np.ndarray]:
    """Embeddings, each picture's first, and what pictures of mismatched captions differ in."""
    split = task.split
    by_picture = task.experiment.gan.mismatched_by_picture
    return {
        "embeddings": task.embeddings().astype("float32"),
        "starts": split.caption_starts.astype("int32"),
        "differ_in": np.arange(len(split.images)) if by_picture else split.labels,
    }


def encoded(picture: np.ndarray, quality: int | None) -> bytes:
    """A picture uint8 (S, S, 3) as a file."""
    held = io.BytesIO()
    if quality is None:
        Image.fromarray(picture).save(held, "PNG")
    else:
        Image.fromarray(picture).save(held, "JPEG", quality=quality, subsampling=0)
    return held.getvalue()


@dataclass(frozen=True)
class Program:
    """A function as StableHLO.

    Attributes:
        text: The program.
        state: The variables and constants that it captures, in its own order.
        results: Names and values of what it gives.
    """

    text: str
    state: list[Any]
    results: "list[tuple[str, tf.Tensor]]"

    def write(
        self, out: Path, name: str, facts: dict[str, Any], drawing: dict[int, str], half: bool
    ) -> None:
        """Write NAME.mlir, NAME.json and NAME.npz.

        Args:
            out: Folder that is written to.
            name: Name of the program.
            facts: Values of NAME.json beside state and results.
            drawing: Names of the variables that come back, by their identity.
            half: Whether large arrays are stored as float16.
        """
        (out / f"{name}.mlir").write_text(self.text)
        arrays, place = distinct([value_of(held, half) for held in self.state])
        np.savez_compressed(out / f"{name}.npz", allow_pickle=False, **arrays)
        state = [
            {
                "name": drawing.get(id(held), ""),
                "array": array,
                "shape": list(held.shape),
                "dtype": held.dtype.name,
                "constant": not isinstance(held, tf.Variable),
            }
            for held, array in zip(self.state, place, strict=True)
        ]
        results = [
            {"name": name, "shape": list(value.shape), "dtype": value.dtype.name}
            for name, value in self.results
        ]
        described = {**facts, "state": state, "results": results}
        (out / f"{name}.json").write_text(json.dumps(described))


def lowered(step: "Callable[..., dict[str, tf.Tensor]]", batch: "Sequence[tf.Tensor]") -> Program:
    """A function as StableHLO.

    The program takes the batch, then what was captured; it gives the results, then all captured
    variables. XLA would leave out those that are not written, so each is written once more.
    """
    held = captured(tf.function(step, autograph=False), batch)

    def writes_all(*batch: "tf.Tensor") -> "dict[str, tf.Tensor]":
        results = step(*batch)
        for each in held:
            if isinstance(each, tf.Variable):
                same = each.read_value()
                each.assign(tf.math.logical_or(same, False) if same.dtype == tf.bool else same + 0)
        return results

    compiled = tf.function(writes_all, jit_compile=True, autograph=False)
    held = captured(compiled, batch)
    outputs = compiled.get_concrete_function(*batch).structured_outputs
    text = compiled.experimental_get_compiler_ir(*batch)(stage="stablehlo")
    # JAX's compiler does not know this operation; a conversion to the same type does the same.
    text = text.replace("mhlo.copy %", "stablehlo.convert %")
    return Program(text, held, sorted(outputs.items()))


def captured(function: Any, batch: "Sequence[tf.Tensor]") -> list[Any]:
    """The variables and constant tensors that a function captures, in its program's order."""
    graph = function.get_concrete_function(*batch).graph
    # An optimizer's slots that only a raw operation touches are not among the graph's variables.
    kind = tf.Variable  # looked up once: there are millions of objects
    alive = (each for each in gc.get_objects() if isinstance(each, kind))
    by_handle = {id(variable.handle): variable for variable in (*alive, *graph.variables)}
    return [by_handle.get(id(capture), capture) for capture in graph.external_captures]


def value_of(held: Any, half: bool = False) -> np.ndarray:
    """Value of a variable or tensor; NumPy knows no bfloat16."""
    value = tf.convert_to_tensor(held)
    found = (tf.cast(value, tf.float32) if value.dtype == tf.bfloat16 else value).numpy()
    large = half and found.dtype == np.float32 and found.size >= _LARGE
    return found.astype("float16") if large else found


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
    run(main)
