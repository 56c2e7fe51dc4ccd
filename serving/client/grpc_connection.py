"""A served model over gRPC."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import grpc
import numpy as np
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from .. import tensors
from ..errors import ServingError
from ..protos import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc, types_pb2
from .address import Address
from .connection import Columns, Rows
from .errors import Busy, ClientError, one_line
from .signature import Signature
from .waiting import Waiting

_BUSY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
# Words of such answers that would come again, and what they mean.
_FOR_EVER = {
    "handshake failed": "no encrypted connection",
    "parsing http/2": "no server that speaks gRPC",
    "larger than max": "a message of too many bytes",
}
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_MOST = 100_000_000  # elements in which an answer may repeat a value


class GrpcConnection:
    """Asks TensorFlow Serving's PredictionService.

    Args:
        address: Address of the model.
        headers: Metadata of each call.
        timeout: Seconds for an answer.
        roots: Certificates of the authorities that are believed, in PEM; `None` for those that
            gRPC brings.
        waiting: Way to wait.
    """

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        timeout: float,
        roots: bytes | None,
        waiting: Waiting,
    ) -> None:
        self._address, self._timeout, self._waiting = address, timeout, waiting
        self._headers = tuple(headers.items())
        self._credentials = grpc.ssl_channel_credentials(roots) if address.encrypted else None

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        self._describe(request.model_spec, "")
        answer = await self._answer(self._stub.GetModelMetadata, request)
        held = get_model_metadata_pb2.SignatureDefMap()
        try:
            answer.metadata["signature_def"].Unpack(held)
        except DecodeError as error:
            raise ClientError(f"{self._address}: no server of models ({error}).") from error
        signatures = json_format.MessageToDict(held, preserving_proto_field_name=True)
        return {"metadata": {"signature_def": signatures}}

    async def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature."""
        request = predict_pb2.PredictRequest()
        self._describe(request.model_spec, name)
        for key, column in rows.items():
            request.inputs[key].CopyFrom(_proto(key, signature.inputs[key], column))
        answer = await self._answer(self._stub.Predict, request)
        try:
            return {
                key: _column(key, tensors.array(tensor, _MOST))
                for key, tensor in answer.outputs.items()
            }
        except ServingError as error:
            raise ClientError(f"{self._address}: no server of models ({error}).") from error

    async def close(self) -> None:
        """End the connection."""
        await self._waiting.result(self._channel.close())

    @cached_property
    def _channel(self) -> Any:
        return self._waiting.channel(self._address.place, self._credentials, _OPTIONS)

    @cached_property
    def _stub(self) -> Any:
        return prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def _describe(self, spec: Any, signature: str) -> None:
        spec.name, spec.signature_name = self._address.model, signature
        if self._address.version is not None:
            spec.version.value = self._address.version
        if self._address.label is not None:
            spec.version_label = self._address.label

    async def _answer(self, method: Any, request: Any) -> Any:
        try:
            call = method(request, timeout=self._timeout, metadata=self._headers)
            return await self._waiting.result(call)
        except grpc.RpcError as error:
            raise self._fault(error) from error

    def _fault(self, error: Any) -> Exception:
        """The error that a failed call means."""
        code, told = error.code(), one_line(error.details())
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return ClientError(f"{self._address}: no answer within {self._timeout:g} s.")
        for words, meaning in _FOR_EVER.items():
            if code in _BUSY and words in told.lower():
                return ClientError(f"{self._address}: {meaning} ({told}).")
        if code in _BUSY:
            return Busy(told)
        return ClientError(f"The server answers {code.name}: {told}")


def _proto(name: str, kind: str, column: Any) -> Any:
    """The message of a column.

    Raises:
        ClientError: Values that its type does not have, which NumPy would turn into others.
    """
    try:
        dtype = tensors.numpy_type(types_pb2.DataType.Value(kind))
        if dtype.kind == "O":
            return tensors.proto(np.array(column, object))
        given = np.asarray(column)
        if given.size and not np.can_cast(given.dtype, dtype, "same_kind"):
            raise TypeError(f"{given.dtype} given")
        values = given.astype(dtype)
        if dtype.kind in "iu" and not np.array_equal(values, given):
            raise OverflowError("out of range")
    except (ValueError, TypeError, OverflowError, UnicodeError, ServingError) as error:
        told = one_line(error)
        raise ClientError(f"{name}: must hold values of {kind}. Received: {told}.") from error
    return tensors.proto(values)


def _column(name: str, values: np.ndarray) -> list[Any]:
    """An output as over REST: bytes only where its name says so."""
    if values.dtype.kind != "O" or name.endswith("_bytes"):
        return values.tolist()
    texts = [text.decode("utf-8", "replace") for text in values.ravel()]
    return np.array(texts, object).reshape(values.shape).tolist()
