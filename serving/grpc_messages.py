"""Serialized messages of gRPC to requests and back; functions that a codec may run elsewhere."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message

from .errors import invalid
from .examples import CLASSIFY, Examples, check_examples, classes_of, values_of
from .limits import Limits, check_texts
from .protos import (
    classification_pb2,
    get_model_status_pb2,
    inference_pb2,
    predict_pb2,
    regression_pb2,
)
from .signatures import DEFAULT
from .tensors import array, proto, shape_of

M = TypeVar("M", bound=Message)

_MOST_NAMES = 1000  # inputs, names of outputs, tasks: signatures have fewer


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


def spec_in(data: bytes) -> ModelSpec:
    """The version and signature that a serialized request means, before the rest of it is read.

    Raises:
        ServingError: No message.
    """
    # All of them begin alike, and what a message does not know is passed over.
    return spec_of(parsed(get_model_status_pb2.GetModelStatusRequest, data).model_spec)


def read_predict_request(data: bytes, limits: Limits) -> tuple[dict[str, np.ndarray], list[str]]:
    """The inputs and the output filter of a `PredictRequest`.

    Args:
        data: Serialized message.
        limits: Bounds of elements and texts.

    Raises:
        ServingError: No such message, or a tensor that cannot be, or too large a one.
    """
    request = parsed(predict_pb2.PredictRequest, data)
    wanted = list(request.output_filter)
    if max(len(request.inputs), len(wanted)) > _MOST_NAMES:
        raise invalid(f"A request may have at most {_MOST_NAMES} inputs and names of outputs.")
    twice = _repeated(wanted)
    if twice is not None:
        raise invalid(f"duplicate output tensor alias: {twice[:200]}")
    elements = sum(math.prod(shape_of(held)) for held in request.inputs.values())
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
    return tensors, wanted


def read_examples_request(data: bytes, limits: Limits) -> Examples:
    """The examples of a `ClassificationRequest` or a `RegressionRequest`.

    Args:
        data: Serialized message; the two have the same fields.
        limits: Bounds of the examples and their values.

    Raises:
        ServingError: No such message, or no examples, or too many.
    """
    request = parsed(classification_pb2.ClassificationRequest, data)
    return _examples(request.input, request.model_spec.signature_name, limits)


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
    request: Examples


def read_multi_inference_request(data: bytes, limits: Limits) -> list[InferenceTask]:
    """The tasks of a `MultiInferenceRequest`.

    Args:
        data: Serialized message.
        limits: Bounds of the examples and their values, counted once for all tasks.

    Raises:
        ServingError: No such message, or tasks that cannot go together, or examples as in
            `read_examples_request`.
    """
    request = parsed(inference_pb2.MultiInferenceRequest, data)
    if len(request.tasks) > _MOST_NAMES:
        raise invalid(f"A request may have at most {_MOST_NAMES} tasks.")
    specs = [spec_of(task.model_spec) for task in request.tasks]
    if not all(spec.name for spec in specs):
        raise invalid("Found ModelSpec with an empty model name.")
    if len({spec.name for spec in specs}) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    twice = _repeated([spec.signature or DEFAULT for spec in specs])
    if twice is not None:
        raise invalid(f"Duplicate evaluation of signature: {twice[:200]}")
    examples = _examples(request.input, "", limits)
    return [
        InferenceTask(spec, task.method_name, replace(examples, signature_name=spec.signature))
        for spec, task in zip(specs, request.tasks, strict=True)
    ]


def _examples(given: Message, signature: str, limits: Limits) -> Examples:
    context = None
    if given.HasField("example_list_with_context"):
        context = given.example_list_with_context.context
    # One of two kinds of lists, or none.
    lists = [held.examples for _, held in given.ListFields()]
    count = sum(map(len, lists))
    if not count:
        raise invalid("Input is empty.")
    limits.check_rows("inputs", count)
    examples = [one for held in lists for one in held]
    shared = 0 if context is None else _size(context, limits)
    check_examples([_size(one, limits) for one in examples], shared, limits)
    # Messages one after the other are read as one, of which the later values hold.
    first = b"" if context is None else context.SerializeToString()
    return Examples([first + one.SerializeToString() for one in examples], signature)


def _size(example: Message, limits: Limits) -> int:
    """Number of the values; a feature without any counts as one."""
    features = example.features.feature
    check_texts(len(features), limits.texts)
    lists = (next(iter(feature.ListFields()), None) for feature in features.values())
    return sum(1 if found is None else max(1, len(found[1].value)) for found in lists)


def _repeated(names: list[str]) -> str | None:
    """A name that comes more than once, if there is one."""
    return next((name for name, count in Counter(names).items() if count > 1), None)


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


def write_classification(spec: tuple[str, int, str], outputs: Mapping[str, np.ndarray]) -> bytes:
    """A serialized `ClassificationResponse` of the outputs of a signature."""
    answer = classification_pb2.ClassificationResponse()
    _write_classes(answer.result, outputs)
    describe(answer.model_spec, *spec)
    return answer.SerializeToString()


def write_regression(
    spec: tuple[str, int, str], outputs: Mapping[str, np.ndarray], count: int
) -> bytes:
    """A serialized `RegressionResponse` of the outputs of a signature and a number of examples."""
    answer = regression_pb2.RegressionResponse()
    _write_values(answer.result, outputs, count)
    describe(answer.model_spec, *spec)
    return answer.SerializeToString()


def write_multi_inference(
    model: tuple[str, int], found: Sequence[tuple[InferenceTask, Mapping[str, np.ndarray]]]
) -> bytes:
    """A serialized `MultiInferenceResponse` of tasks and the outputs of their signatures."""
    answer = inference_pb2.MultiInferenceResponse()
    for task, outputs in found:
        result = answer.results.add()
        describe(result.model_spec, *model, task.spec.signature)
        if task.method == CLASSIFY:
            _write_classes(result.classification_result, outputs)
        else:
            _write_values(result.regression_result, outputs, len(task.request.serialized))
    return answer.SerializeToString()


def _write_classes(result: Message, outputs: Mapping[str, np.ndarray]) -> None:
    for pairs in classes_of(outputs):
        row = result.classifications.add()
        for label, score in pairs:
            row.classes.add(label=label, score=score)


def _write_values(result: Message, outputs: Mapping[str, np.ndarray], count: int) -> None:
    for value in values_of(outputs, count):
        result.regressions.add(value=value)


def describe(spec: Message, name: str, version: int, signature: str = "") -> None:
    """Fill in a `ModelSpec` message of an answer."""
    spec.name, spec.version.value = name, version
    spec.signature_name = signature or "serving_default"
