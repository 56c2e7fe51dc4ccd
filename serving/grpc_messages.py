"""Serialized messages of gRPC to requests and back; functions that a codec may run elsewhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message

from .errors import invalid
from .limits import Limits, check_texts
from .protos import classification_pb2, inference_pb2, predict_pb2, regression_pb2
from .rest.examples import ExamplesRequest
from .signatures import DEFAULT
from .tensors import array, proto

M = TypeVar("M", bound=Message)


@dataclass(frozen=True)
class ModelSpec:
    """The version of a model that a request means, and its signature.

    Args:
        name: Name of the model.
        version: Number of its version; `None` for the highest, or that of the label.
        label: Name of its version.
        signature: Name of the signature; empty for the default one.
    """

    name: str
    version: int | None = None
    label: str | None = None
    signature: str = ""


def parsed(kind: type[M], data: bytes) -> M:
    """A message.

    Raises:
        ServingError: No such message.
    """
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise invalid(f"The request is no {kind.DESCRIPTOR.name}.") from error


def spec_of(spec: Message) -> ModelSpec:
    """Meaning of a `ModelSpec` message."""
    kind = spec.WhichOneof("version_choice")
    return ModelSpec(
        spec.name,
        spec.version.value if kind == "version" else None,
        spec.version_label if kind == "version_label" else None,
        spec.signature_name,
    )


def read_predict_request(
    data: bytes, limits: Limits
) -> tuple[ModelSpec, dict[str, np.ndarray], list[str]]:
    """The model, the inputs and the output filter of a `PredictRequest`.

    Args:
        data: Serialized message.
        limits: Bounds of elements and texts.

    Raises:
        ServingError: No such message, or a tensor that cannot be, or too large a one.
    """
    request = parsed(predict_pb2.PredictRequest, data)
    elements = sum(
        math.prod(max(0, dim.size) for dim in held.tensor_shape.dim)
        for held in request.inputs.values()
    )
    if elements > limits.elements:
        raise invalid(
            f"The inputs have {elements} elements. They may have {limits.elements} here "
            "(--max_elements)."
        )
    # A repeated value takes no bytes: what it grows to is bounded like what is moved one by one.
    tensors = {name: array(held, limits.texts) for name, held in request.inputs.items()}
    texts = (value.size for value in tensors.values() if value.dtype == object)
    check_texts(sum(texts), limits.texts)
    limits.check_tensors(tensors)
    return spec_of(request.model_spec), tensors, list(request.output_filter)


def read_examples_request(data: bytes, limits: Limits) -> tuple[ModelSpec, ExamplesRequest]:
    """The model and the examples of a `ClassificationRequest` or a `RegressionRequest`.

    Args:
        data: Serialized message; the two have the same fields.
        limits: Bounds of the values of examples.

    Raises:
        ServingError: No such message, or no examples, or too many.
    """
    request = parsed(classification_pb2.ClassificationRequest, data)
    spec = spec_of(request.model_spec)
    return spec, _examples(request.input, spec.signature, limits)


@dataclass(frozen=True)
class InferenceTask:
    """A signature that a `MultiInferenceRequest` asks for.

    Args:
        spec: Model and signature.
        method: Name of the signature's method, such as `tensorflow/serving/classify`.
        request: The examples, the same in all tasks of a request.
    """

    spec: ModelSpec
    method: str
    request: ExamplesRequest


def read_multi_inference_request(data: bytes, limits: Limits) -> list[InferenceTask]:
    """The tasks of a `MultiInferenceRequest`.

    Args:
        data: Serialized message.
        limits: Bounds of the values of examples, counted once a task.

    Raises:
        ServingError: No such message, or tasks that cannot go together, or examples as in
            `read_examples_request`.
    """
    request = parsed(inference_pb2.MultiInferenceRequest, data)
    specs = [spec_of(task.model_spec) for task in request.tasks]
    if not all(spec.name for spec in specs):
        raise invalid("Found ModelSpec with an empty model name.")
    if len({spec.name for spec in specs}) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    names = [spec.signature or DEFAULT for spec in specs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise invalid(f"Duplicate evaluation of signature: {twice[:200]}")
    examples = _examples(request.input, "", limits)
    return [
        InferenceTask(spec, task.method_name, replace(examples, signature_name=spec.signature))
        for spec, task in zip(specs, request.tasks, strict=True)
    ]


def _examples(given: Message, signature: str, limits: Limits) -> ExamplesRequest:
    context = {}
    if given.HasField("example_list_with_context"):
        context = _features(given.example_list_with_context.context)
    # One of two kinds of lists, or none.
    examples = [_features(one) for _, held in given.ListFields() for one in held.examples]
    if not examples:
        raise invalid("Input is empty.")
    check_texts(sum(len(held) for one in examples for held in one.values()), limits.texts)
    return ExamplesRequest(examples, context, signature)


def write_predict_response(
    spec: tuple[str, int, str], outputs: Mapping[str, np.ndarray], wanted: Sequence[str]
) -> bytes:
    """A serialized `PredictResponse`.

    Args:
        spec: Name and version of the model, name of the signature.
        outputs: Outputs by name.
        wanted: Names of the outputs that are sent; none for all.
    """
    answer = predict_pb2.PredictResponse()
    describe(answer.model_spec, *spec)
    for name in wanted or outputs:
        answer.outputs[name].CopyFrom(proto(outputs[name]))
    return answer.SerializeToString()


def write_classification(
    spec: tuple[str, int, str], results: list[list[tuple[str, np.floating]]]
) -> bytes:
    """A serialized `ClassificationResponse` of (label, score) pairs of each example."""
    answer = classification_pb2.ClassificationResponse()
    write_classes(answer.result, results)
    describe(answer.model_spec, *spec)
    return answer.SerializeToString()


def write_regression(spec: tuple[str, int, str], values: np.ndarray) -> bytes:
    """A serialized `RegressionResponse` of one value for each example."""
    answer = regression_pb2.RegressionResponse()
    write_values(answer.result, values)
    describe(answer.model_spec, *spec)
    return answer.SerializeToString()


def write_classes(result: Message, results: list[list[tuple[str, np.floating]]]) -> None:
    """Fill in a `ClassificationResult` message."""
    for pairs in results:
        row = result.classifications.add()
        for label, score in pairs:
            row.classes.add(label=label, score=score)


def write_values(result: Message, values: np.ndarray) -> None:
    """Fill in a `RegressionResult` message."""
    for value in values:
        result.regressions.add(value=value)


def describe(spec: Message, name: str, version: int, signature: str = "") -> None:
    """Fill in a `ModelSpec` message of an answer."""
    spec.name, spec.version.value = name, version
    spec.signature_name = signature or "serving_default"


def _features(example: Message) -> dict[str, list[Any]]:
    # A feature is one of three kinds of lists, or none.
    return {
        name: [value for _, held in feature.ListFields() for value in held.value]
        for name, feature in example.features.feature.items()
    }
