"""Calls of a served model over gRPC."""

from typing import Any

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from .client_errors import Busy, ClientError

_BUSY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class GrpcCall:
    """Runs signatures.

    Args:
        address: HOST:PORT.
        model: Its name.
        version: One of its versions, or the newest.
        timeout: Seconds for an answer.
    """

    def __init__(self, address: str, model: str, version: int | None, timeout: float) -> None:
        channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", -1)])
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        self._model, self._version, self._timeout = model, version, timeout
        self._types: dict[str, dict[str, int]] = {}

    def __call__(self, signature: str, rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
        """Columns of inputs to columns of outputs."""
        if not self._types:
            self.inputs()
        request = predict_pb2.PredictRequest()
        self._describe(request.model_spec, signature)
        for name, column in rows.items():
            kind = self._types.get(signature, {}).get(name)
            values = [v.encode() if isinstance(v, str) else v for v in column]
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values, kind))
        answer = self._answer(self._stub.Predict, request)
        return {name: tf.make_ndarray(proto).tolist() for name, proto in answer.outputs.items()}

    def inputs(self) -> dict[str, set[str]]:
        """The names of each signature's inputs."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        self._describe(request.model_spec, "")
        held = get_model_metadata_pb2.SignatureDefMap()
        self._answer(self._stub.GetModelMetadata, request).metadata["signature_def"].Unpack(held)
        self._types = {
            name: {key: info.dtype for key, info in definition.inputs.items()}
            for name, definition in held.signature_def.items()
        }
        return {name: set(types) for name, types in self._types.items()}

    def _describe(self, spec: Any, signature: str) -> None:
        spec.name, spec.signature_name = self._model, signature
        if self._version is not None:
            spec.version.value = self._version

    def _answer(self, method: Any, request: Any) -> Any:
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as error:
            if error.code() in _BUSY:
                raise Busy(error.details()) from error
            raise ClientError(
                f"The server answers {error.code().name}: {error.details()}"
            ) from error
