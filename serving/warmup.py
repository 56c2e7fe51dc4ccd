"""Requests that a version answers before it is served, so that the first real one is not slow."""

import logging
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from .servable import Servable

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
_MOST = 1000
_LOG = logging.getLogger("serving")


def warm_up(servable: Servable) -> int:
    """Answer the recorded requests of a version; returns how many.

    Raises:
        ServingError: A request does not fit the model, which is then not served.
    """
    path = servable.path / FILE
    if not path.exists():
        return 0
    count = 0
    for record in tf.data.TFRecordDataset(str(path)).take(_MOST + 1):
        if count == _MOST:
            _LOG.warning("%s: only the first %d requests count", path, _MOST)
            break
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        if log.WhichOneof("log_type") == "predict_log":
            request = log.predict_log.request
            tensors = {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}
            servable.run(request.model_spec.signature_name, tensors)
            count += 1
    return count
