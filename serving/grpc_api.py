"""PredictionService and ModelService over gRPC."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf.message import Message
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from .errors import ServingError, invalid
from .metrics import Metrics
from .rest.examples import ExamplesRequest
from .servable import Servable
from .service import Gate, Service


@dataclass(frozen=True)
class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Predict, Classify, Regress and GetModelMetadata.

    Args:
        service: Service that runs models.
        metrics: Counts and times of requests.
        gate: Limit of the requests that are worked on.
    """

    service: Service
    metrics: Metrics
    gate: Gate

    def Predict(self, request: Message, context: grpc.ServicerContext) -> Message:
        """Run a signature; only the outputs of `output_filter` come back, if it names any."""
        with self._running(request, "Predict", context):
            servable = self._find(request.model_spec)
            tensors = {name: _array(proto) for name, proto in request.inputs.items()}
            outputs = self.service.predict(servable, request.model_spec.signature_name, tensors)
            unknown = [name for name in request.output_filter if name not in outputs]
            if unknown:
                raise invalid(f"output tensor alias not found in signature: {unknown[0]}")
            answer = predict_pb2.PredictResponse()
            _describe(answer.model_spec, servable, request.model_spec.signature_name)
            for name in request.output_filter or outputs:
                answer.outputs[name].CopyFrom(_proto(outputs[name]))
            return answer

    def Classify(self, request: Message, context: grpc.ServicerContext) -> Message:
        """Run a signature of the method classify."""
        with self._running(request, "Classify", context):
            servable = self._find(request.model_spec)
            answer = classification_pb2.ClassificationResponse()
            for pairs in self.service.classify(servable, _examples(request)):
                row = answer.result.classifications.add()
                for label, score in pairs:
                    row.classes.add(label=label, score=score)
            _describe(answer.model_spec, servable, request.model_spec.signature_name)
            return answer

    def Regress(self, request: Message, context: grpc.ServicerContext) -> Message:
        """Run a signature of the method regress."""
        with self._running(request, "Regress", context):
            servable = self._find(request.model_spec)
            answer = regression_pb2.RegressionResponse()
            for value in self.service.regress(servable, _examples(request)):
                answer.result.regressions.add(value=value)
            _describe(answer.model_spec, servable, request.model_spec.signature_name)
            return answer

    def GetModelMetadata(self, request: Message, context: grpc.ServicerContext) -> Message:
        """The signatures of a model."""
        with _answering(context, self.gate):
            if list(request.metadata_field) != ["signature_def"]:
                raise invalid("metadata_field must be signature_def.")
            servable = self._find(request.model_spec)
            answer = get_model_metadata_pb2.GetModelMetadataResponse()
            _describe(answer.model_spec, servable, "")
            held = get_model_metadata_pb2.SignatureDefMap()
            for name, definition in servable.signature_defs.items():
                held.signature_def[name].CopyFrom(definition)
            answer.metadata["signature_def"].Pack(held)
            return answer

    @contextmanager
    def _running(self, request: Message, api: str, context: grpc.ServicerContext) -> Iterator[None]:
        """Answer and count."""
        with (
            _answering(context, self.gate),
            self.metrics.request(request.model_spec.name, api, "GRPC"),
        ):
            yield

    def _find(self, spec: Message) -> Servable:
        return self.service.manager.find(spec.name, *_which(spec))


@dataclass(frozen=True)
class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """ModelService, with GetModelStatus.

    Args:
        service: Service that knows the models.
        gate: Limit of the requests that are worked on.
    """

    service: Service
    gate: Gate

    def GetModelStatus(self, request: Message, context: grpc.ServicerContext) -> Message:
        """The states of a model's versions."""
        with _answering(context, self.gate):
            spec = request.model_spec
            answer = get_model_status_pb2.GetModelStatusResponse()
            states = self.service.manager.states(spec.name, *_which(spec))
            kinds = get_model_status_pb2.ModelVersionStatus.State
            for version, state in states.items():
                row = answer.model_version_status.add(
                    version=version, state=kinds.Value(state.state)
                )
                row.status.error_code = grpc.StatusCode[state.code].value[0]
                row.status.error_message = state.message
            return answer


def add_services(server: grpc.Server, service: Service, metrics: Metrics, gate: Gate) -> None:
    """Let a gRPC server answer with a service."""
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        PredictionService(service, metrics, gate), server
    )
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(service, gate), server)


@contextmanager
def _answering(context: grpc.ServicerContext, gate: Gate) -> Iterator[None]:
    """Turn errors into the status of the call."""
    try:
        with gate:
            yield
    except ServingError as error:
        context.abort(grpc.StatusCode[error.code], error.message)


def _which(spec: Message) -> tuple[int | None, str | None]:
    kind = spec.WhichOneof("version_choice")
    version = spec.version.value if kind == "version" else None
    return version, spec.version_label if kind == "version_label" else None


def _array(proto: Message) -> np.ndarray:
    try:
        return tf.make_ndarray(proto)
    except (TypeError, ValueError) as error:
        raise invalid(f"A tensor cannot be read: {str(error)[:200]}") from error


def _proto(array: np.ndarray) -> Any:
    if array.dtype == object:
        return tf.make_tensor_proto(array.tolist(), tf.string, array.shape)
    return tf.make_tensor_proto(array)


def _describe(spec: Message, servable: Servable, signature: str) -> None:
    spec.name, spec.version.value = servable.name, servable.version
    spec.signature_name = signature or "serving_default"


def _examples(request: Message) -> ExamplesRequest:
    given, context = request.input, {}
    if given.HasField("example_list_with_context"):
        context = _features(given.example_list_with_context.context)
    # One of two kinds of lists, or none.
    examples = [_features(one) for _, held in given.ListFields() for one in held.examples]
    if not examples:
        raise invalid("Input is empty.")
    return ExamplesRequest(examples, context, request.model_spec.signature_name)


def _features(example: Message) -> dict[str, list[Any]]:
    # A feature is one of three kinds of lists, or none.
    return {
        name: [value for _, held in feature.ListFields() for value in held.value]
        for name, feature in example.features.feature.items()
    }
