"""A served model over gRPC."""

from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from .connection import Address, Columns, Rows
from .errors import Busy, ClientError
from .signature import Signature

_BUSY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class GrpcConnection:
    """Asks TensorFlow Serving's PredictionService.

    Args:
        address: Address of the model.
        timeout: Seconds for an answer.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        channel = grpc.insecure_channel(address.place, [("grpc.max_receive_message_length", -1)])
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        self._address, self._timeout = address, timeout

    def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        self._describe(request.model_spec, "")
        answer = self._answer(self._stub.GetModelMetadata, request)
        held = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(held)
        signatures = json_format.MessageToDict(held, preserving_proto_field_name=True)
        return {"metadata": {"signature_def": signatures}}

    def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        request = predict_pb2.PredictRequest()
        self._describe(request.model_spec, name)
        for key, column in rows.items():
            values = [value.encode() if isinstance(value, str) else value for value in column]
            dtype = types_pb2.DataType.Value(signature.inputs[key])
            request.inputs[key].CopyFrom(tf.make_tensor_proto(values, dtype))
        answer = self._answer(self._stub.Predict, request)
        return {key: _column(key, tf.make_ndarray(p)) for key, p in answer.outputs.items()}

    def _describe(self, spec: Any, signature: str) -> None:
        spec.name, spec.signature_name = self._address.model, signature
        if self._address.version is not None:
            spec.version.value = self._address.version

    def _answer(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            if error.code() in _BUSY:
                raise Busy(error.details()) from error
            raise ClientError(
                f"The server answers {error.code().name}: {error.details()}"
            ) from error


def _column(name: str, values: np.ndarray) -> list[Any]:
    """An output as over REST: bytes only where its name says so."""
    if values.dtype != object or name.endswith("_bytes"):
        return values.tolist()
    texts = [text.decode("utf-8", "replace") for text in values.ravel()]
    return np.array(texts, object).reshape(values.shape).tolist()
