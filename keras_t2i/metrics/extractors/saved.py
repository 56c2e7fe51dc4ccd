"""Networks of the user's: a Keras file, a SavedModel folder, a TFLite file."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.metrics.programs import tell_of_program
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.pattern_free import pattern_free

Range = tuple[float, float]


class SavedNetwork:
    """A network from a file.

    Its only output is taken for the features; of several, the one named `features` or `embedding`,
    else the widest. An output named `logits` is taken for these.

    Args:
        path: A .keras or .tflite file, or a SavedModel's folder.
        value_range: Values of black and white that it takes; networks of floats need them.

    Raises:
        InputError: Not readable, not a network of square RGB pictures, or the range is missing.
    """

    canonical = False

    def __init__(self, path: Path, value_range: Range | None = None) -> None:
        path = Path(path)
        try:
            self._run, shape, dtype = _READERS.get(path.suffix, _saved)(path)
        except (OSError, ValueError, TypeError, KeyError) as error:
            first = str(error).partition("\n")[0]
            raise InputError(f"{path}: not readable as a network ({first}).") from error
        if len(shape) != 4 or shape[3] != 3 or shape[1] != shape[2] or not shape[1]:
            raise InputError(
                f"{path}: must take square RGB pictures (N, S, S, 3). It takes: {tuple(shape)}."
            )
        if dtype != tf.uint8 and value_range is None:
            raise InputError(
                f"{path} takes floats: say with --extractor-range (of `fit`: "
                "--watch.extractor-range) what black and white are to it, such as -1 1."
            )
        self.name, self.size = path.stem, int(shape[1])
        self.fingerprint = fingerprint_of(*_files(path)) + f" {value_range}"
        self._dtype, self._range = dtype, value_range or (0.0, 255.0)

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, S, S, 3) in [0, 255] → features (N, D), perhaps logits."""
        low, high = self._range
        fed = pictures / 255.0 * (high - low) + low
        if self._dtype == tf.uint8:
            fed = np.rint(fed)
        answers = {
            name: np.asarray(value, "float32").reshape(len(pictures), -1)
            for name, value in self._run(tf.cast(fed, self._dtype)).items()
        }
        widest = max(answers, key=lambda name: answers[name].shape[1])
        features = next((n for n in ("features", "embedding") if n in answers), widest)
        found = {"features": answers[features]}
        return found | ({"logits": answers["logits"]} if "logits" in answers else {})


class KerasNetwork(SavedNetwork):
    """A network from a .keras file; pictures of another side are brought to its own (bilinear)."""

    def tensors(self, images: tf.Tensor) -> list[tf.Tensor]:
        """The outputs that are maps, of pictures RGB float32 (N, S, S, 3) in [0, 255].

        Raises:
            InputError: The network takes whole numbers, or gives no maps (N, h, w, C).
        """
        if self._dtype == tf.uint8:
            raise InputError(f"{self.name}.keras takes whole numbers: it has no gradient.")
        if images.shape[1] != self.size:
            images = tf.image.resize(images, (self.size, self.size))
        low, high = self._range
        fed = tf.cast(images / 255.0 * (high - low) + low, self._dtype)
        maps = [tf.cast(value, tf.float32) for value in self._run(fed).values()]
        maps = [value for value in maps if value.shape.rank == 4]
        if not maps:
            raise InputError(f"{self.name}.keras has no output that is a map (N, h, w, C).")
        return maps


_Read = tuple[Callable[[tf.Tensor], dict[str, Any]], tuple[int | None, ...], tf.DType]


def _keras(path: Path) -> _Read:
    import keras

    model = keras.models.load_model(path, compile=False)
    if len(model.inputs) != 1:
        raise ValueError(f"it must have one input, pictures; it has {len(model.inputs)}")

    def run(images: tf.Tensor) -> dict[str, Any]:
        return _named(model(images, training=False))

    return tf.function(run), tuple(model.inputs[0].shape), tf.as_dtype(model.inputs[0].dtype)


def _saved(path: Path) -> _Read:
    tell_of_program(path)
    with pattern_free(path) as place:
        signature = tf.saved_model.load(str(place)).signatures["serving_default"]
    (name, spec), *others = signature.structured_input_signature[1].items()
    if others:
        raise ValueError(f"serving_default takes more than pictures: {others[0][0]}")
    return lambda images: signature(**{name: images}), tuple(spec.shape), spec.dtype


def _lite(path: Path) -> _Read:
    with warnings.catch_warnings(action="ignore"):  # of the package that it moves to
        interpreter = tf.lite.Interpreter(str(path))
    (given,), outputs = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images: tf.Tensor) -> dict[str, Any]:
        interpreter.resize_tensor_input(given["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], images.numpy())
        interpreter.invoke()
        return {out["name"]: _dequantized(interpreter, out) for out in outputs}

    return run, tuple(given["shape"]), tf.as_dtype(given["dtype"])


_READERS = {".keras": _keras, ".tflite": _lite}


def _dequantized(interpreter: Any, out: dict[str, Any]) -> np.ndarray:
    scale, zero = out["quantization"]
    held = interpreter.get_tensor(out["index"])
    return (held.astype("float32") - zero) * scale if scale else held


def _named(answer: Any) -> dict[str, Any]:
    if isinstance(answer, dict):
        return answer
    listed = answer if isinstance(answer, list | tuple) else [answer]
    return {f"output_{i}": value for i, value in enumerate(listed)}


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
