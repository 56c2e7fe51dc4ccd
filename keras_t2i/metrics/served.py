"""An exported model that scores judge."""

import hashlib
import io
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.programs import tell_of_program
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow, tf
from keras_t2i.pipelines.pattern_free import pattern_free

_UNDERSTOOD = {"caption", "labels", "seed", "truncation"}


class ServedModel:
    """A SavedModel's signature `generate` (`keras_t2i.metrics.subject.Generates`).

    Args:
        folder: The SavedModel, or a folder of its versions, of which the highest counts.
        schema: Labels of the conditions that it will be asked for; `None` where there are none.

    Raises:
        InputError: Not a SavedModel, one without such a signature, or one that draws for labels
            where there are none.
    """

    step = None

    def __init__(self, folder: Path, schema: AttributeSchema | None) -> None:
        self._folder, self._schema = newest_version(folder), schema
        self._model = loaded(self._folder)
        generate = self._model.signatures.get("generate")
        specs = generate.structured_input_signature[1] if generate else {}
        outputs = generate.structured_outputs if generate else {}
        if "seed" not in specs or not set(specs) <= _UNDERSTOOD or "image_bytes" not in outputs:
            raise InputError(
                f"{self._folder}: needs a signature `generate` that makes `image_bytes` of a seed, "
                "with or without caption or labels. It has: "
                f"{', '.join(sorted(self._model.signatures)) or 'no signatures'}."
            )
        if "labels" in specs and schema is None:
            raise InputError(f"{self._folder} draws for labels, and the data have none.")
        self._generate, self._inputs = generate, set(specs)

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for file in sorted(p for p in self._folder.rglob("*") if p.is_file()):
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def fingerprint(self) -> str:
        """sha256 of all its files, in hexadecimal digits."""
        return self._fingerprint

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """A picture for each condition and its seed: uint8 (N, S, S, 3).

        Raises:
            InputError: The model refuses a condition, such as a caption without a known word.
        """
        feeds: dict[str, Any] = {"seed": tf.constant(seeds, tf.int64)}
        if "caption" in self._inputs:
            feeds["caption"] = tf.constant(list(conditions.captions))
        if "labels" in self._inputs and self._schema is not None:
            asked = [self._schema.describe(row) for row in conditions.labels]
            feeds["labels"] = tf.constant(asked)
        if "truncation" in self._inputs:
            feeds["truncation"] = tf.ones(len(seeds))
        try:
            drawn = self._generate(**feeds)["image_bytes"].numpy()
        except tf.errors.InvalidArgumentError as error:
            raise InputError(f"{self._folder}: {refusal_of(error)}") from error
        return np.stack([decoded(png) for png in drawn])

    @property
    def encode(self) -> Callable[[Sequence[str]], np.ndarray] | None:
        """Captions to embeddings (N, E), by the signature `encode_text`; `None` without one."""
        encode = self._model.signatures.get("encode_text")
        if encode is None:
            return None
        return lambda captions: encode(caption=tf.constant(list(captions)))["embedding"].numpy()


def newest_version(folder: Path) -> Path:
    """The highest of a folder's versions, or the folder."""
    versions = [p for p in folder.glob("*") if p.name.isdigit() and (p / "saved_model.pb").exists()]
    return max(versions, key=lambda p: int(p.name), default=folder)


def loaded(folder: Path) -> Any:
    """A SavedModel with its signatures.

    Raises:
        InputError: A model, or a file, that cannot be read.
    """
    tell_of_program(folder)
    load_tensorflow()
    try:
        with pattern_free(folder) as place:
            return tf.saved_model.load(str(place))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: not readable as a SavedModel ({error}).") from error


def refusal_of(error: Exception) -> str:
    """Reason for which a graph refuses its inputs, without the graph's nodes around it."""
    lines = str(error).splitlines()
    return next((line for line in lines if line.startswith("assertion failed")), lines[0])


def decoded(png: bytes) -> np.ndarray:
    """A PNG as uint8 (H, W, 3)."""
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image.convert("RGB"))
