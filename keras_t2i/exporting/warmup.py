"""Requests that a server answers before it serves a new version, so that the first is fast."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2

from keras_t2i.pipelines.pattern_free import pattern_free

FILE = "tf_serving_warmup_requests"
BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # those of serving/deploy/batching.config


def write_warmup(version: Path, examples: Mapping[str, Any]) -> int:
    """Write a request for each signature and each allowed batch size.

    Args:
        version: Folder of an exported SavedModel.
        examples: A value for each named input; of numbers and arrays zeros are taken where there
            is none, one where any size will do.

    Returns:
        Number of written requests.

    Raises:
        ValueError: An input of texts or pictures has no example.
    """
    with pattern_free(version) as place:
        model = tf.saved_model.load(str(place))
    path = version / "assets.extra" / FILE
    path.parent.mkdir(exist_ok=True)
    count = 0
    with tf.io.TFRecordWriter(str(path)) as writer:
        for log in _requests(model, examples):
            writer.write(log.SerializeToString())
            count += 1
    return count


def grey_png(size: int) -> bytes:
    """A grey picture (size, size) as PNG: an example of pictures."""
    held = io.BytesIO()
    Image.new("RGB", (size, size), "grey").save(held, "PNG")
    return held.getvalue()


def _requests(
    model: tf.Module, examples: Mapping[str, Any]
) -> Iterator[prediction_log_pb2.PredictionLog]:
    for name, signature in model.signatures.items():
        for rows in BATCH_SIZES:
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.signature_name = name
            for key, spec in signature.structured_input_signature[1].items():
                value = _rows(key, spec, rows, examples)
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value, spec.dtype))
            yield log


def _rows(
    key: str, spec: tf.TensorSpec, rows: int, examples: Mapping[str, Any]
) -> np.ndarray | list[Any]:
    if key in examples:
        return [examples[key]] * rows
    if spec.dtype == tf.string:
        raise ValueError(f"`example_inputs` must have a value for the input {key!r}.")
    shape = [size or 1 for size in spec.shape[1:]]
    return np.zeros((rows, *shape), spec.dtype.as_numpy_dtype)
