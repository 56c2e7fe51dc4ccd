"""Requests that a version answers before it is served, so that the first real one is not slow."""

import logging
import struct
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.message import DecodeError

from ..errors import ServingError
from ..protos import prediction_log_pb2
from ..tensors import array
from .model import Model

FILE = Path("assets.extra") / "tf_serving_warmup_requests"
_MOST = 1000
_ELEMENTS = 1 << 26  # of a recorded tensor
_LOG = logging.getLogger("serving")
_SIZE = struct.Struct("<Q")
_SUM = 4  # bytes of the sums around a record's bytes


def warm_up(model: Model, path: Path) -> int:
    """Answer the recorded requests of a version; returns how many.

    Args:
        model: The loaded version.
        path: Folder of the version.

    Raises:
        ServingError: Not a file of requests, or a request does not fit the model, which is then not
            served.
    """
    file = path / FILE
    if not file.exists():
        return 0
    count = 0
    for record in _records(file):
        if count == _MOST:
            _LOG.warning("%s: only the first %d requests count", file, _MOST)
            break
        try:
            log = prediction_log_pb2.PredictionLog.FromString(record)
        except DecodeError as error:
            raise _damaged(file) from error
        if log.WhichOneof("log_type") == "predict_log":
            request = log.predict_log.request
            tensors = {name: array(proto, _ELEMENTS) for name, proto in request.inputs.items()}
            model.run(request.model_spec.signature_name, tensors)
            count += 1
    return count


def _records(file: Path) -> Iterator[bytes]:
    """The records of a TFRecord file: each its size, a sum, its bytes, a sum."""
    with file.open("rb") as stream:
        left = file.stat().st_size
        while head := stream.read(_SIZE.size + _SUM):
            left -= len(head)
            size = _SIZE.unpack(head[: _SIZE.size])[0] if len(head) == _SIZE.size + _SUM else left
            if size + _SUM > left:
                raise _damaged(file)
            yield stream.read(size)
            left -= size + len(stream.read(_SUM))


def _damaged(file: Path) -> ServingError:
    return ServingError("DATA_LOSS", f"{file}: damaged, or no TFRecord file of PredictionLogs.")
