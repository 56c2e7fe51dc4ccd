"""Sets of pictures that a model draws for conditions."""

import base64
import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task

_SEEDS = 1_000_000  # a picture's noise is seed · _SEEDS + its row


def run_pictures(task: Task, conditions: Conditions, seed: int) -> PictureSet:
    """What a run draws for conditions, as far as it is trained.

    Raises:
        InputError: It draws no pictures, or its GAN is not trained yet.
    """
    if not hasattr(task, "sample"):
        raise InputError(f"{task.run.path}: a run of {task.experiment.name} draws nothing.")
    weights = task.gan.average.get_weights()
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in weights))

    def read(some: np.ndarray) -> np.ndarray:
        return task.sample(conditions[some], (seed * _SEEDS + some).tolist())

    key = {"weights": digest.hexdigest(), **_asked(conditions, seed)}
    step = int(task.gan.step.numpy())
    return PictureSet(str(task.run.path), key, len(conditions.rows), read, conditions, step)


def served_pictures(
    folder: Path, conditions: Conditions, schema: AttributeSchema | None, seed: int
) -> PictureSet:
    """What a SavedModel's signature `generate` draws for conditions.

    Args:
        folder: The SavedModel, or a folder of its versions, of which the highest counts.
        conditions: What to ask for.
        schema: Of the conditions' labels; `None` where there are none.
        seed: Of the noise.

    Raises:
        InputError: Not a SavedModel, or one without such a signature.
    """
    import tensorflow as tf

    folder = _newest(folder)
    model = _loaded(folder)
    generate = model.signatures.get("generate")
    specs = generate.structured_input_signature[1] if generate else {}
    if "seed" not in specs or not {"caption", "labels"} & set(specs):
        raise InputError(
            f"{folder}: needs a signature `generate` of caption or labels, and seed. "
            f"It has: {', '.join(sorted(model.signatures)) or 'none'}."
        )

    if "caption" not in specs and schema is None:
        raise InputError(f"{folder} draws for labels, and the data have none.")

    def read(some: np.ndarray) -> list[np.ndarray]:
        asked = conditions[some]
        feeds: dict[str, Any] = {"seed": tf.constant(seed * _SEEDS + some, tf.int64)}
        if "caption" in specs:
            feeds["caption"] = tf.constant(list(asked.captions))
        else:
            feeds["labels"] = tf.constant([schema.describe(row) for row in asked.labels])
        if "truncation" in specs:
            feeds["truncation"] = tf.ones(len(some))
        return [_decoded(png) for png in generate(**feeds)["image_bytes"].numpy()]

    digest = hashlib.sha256()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(file.read_bytes())
    key = {"model": digest.hexdigest(), **_asked(conditions, seed)}
    return PictureSet(str(folder), key, len(conditions.rows), read, conditions)


def served_encoder(folder: Path) -> Callable[[Sequence[str]], np.ndarray] | None:
    """Captions to embeddings (N, E), by a SavedModel's signature `encode_text` if it has one."""
    import tensorflow as tf

    encode = _loaded(_newest(folder)).signatures.get("encode_text")
    if encode is None:
        return None
    return lambda captions: encode(caption=tf.constant(list(captions)))["embedding"].numpy()


def _newest(folder: Path) -> Path:
    """The highest of a folder's versions, or the folder."""
    versions = [p for p in folder.glob("*") if p.name.isdigit() and (p / "saved_model.pb").exists()]
    return max(versions, key=lambda p: int(p.name), default=folder)


def _loaded(folder: Path) -> Any:
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(folder))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: not readable as a SavedModel ({error}).") from error


def _asked(conditions: Conditions, seed: int) -> dict[str, Any]:
    asked = hashlib.sha256("\n".join(conditions.captions).encode())
    asked.update(conditions.labels.tobytes())
    return {"conditions": base64.b64encode(asked.digest()).decode(), "seed": seed}


def _decoded(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))
