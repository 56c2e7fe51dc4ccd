"""Requests that a server answers before it serves a new version, so that the first is fast."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2

FILE = "tf_serving_warmup_requests"
BATCH_SIZES = (1, 2, 4, 8, 16, 32)  # those of serving/deploy/batching.config


def write_warmup(version: Path, text: str, image_size: int) -> int:
    """Write a request for each signature and each allowed batch size.

    Args:
        version: An exported SavedModel.
        text: A caption, or labels, that the model knows.
        image_size: Side of a picture that it can read.

    Returns:
        How many were written.
    """
    model = tf.saved_model.load(str(version))
    path = version / "assets.extra" / FILE
    path.parent.mkdir(exist_ok=True)
    count = 0
    with tf.io.TFRecordWriter(str(path)) as writer:
        for log in _requests(model, text.encode(), _png(image_size)):
            writer.write(log.SerializeToString())
            count += 1
    return count


def _requests(
    model: tf.Module, text: bytes, png: bytes
) -> Iterator[prediction_log_pb2.PredictionLog]:
    for name, signature in model.signatures.items():
        for rows in BATCH_SIZES:
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.signature_name = name
            for key, spec in signature.structured_input_signature[1].items():
                value = _rows(spec, rows, png if "image" in key else text)
                request.inputs[key].CopyFrom(tf.make_tensor_proto(value, spec.dtype))
            yield log


def _rows(spec: tf.TensorSpec, rows: int, text: bytes) -> np.ndarray | list[bytes]:
    if spec.dtype == tf.string:
        return [text] * rows
    return np.zeros((rows, *spec.shape[1:]), spec.dtype.as_numpy_dtype)


def _png(size: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (size, size), "grey").save(held, "PNG")
    return held.getvalue()
