"""JSON requests of `classify` and `regress` to tf.train.Examples."""

from dataclasses import dataclass, field
from typing import Any

from ..errors import invalid
from ..examples import Examples, check_examples
from ..limits import Limits
from ..protos import example_pb2
from .reading import is_base64, kind_of, parse_json, signature_name, text_of

Feature = dict[str, list[Any]]
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class ExamplesRequest:
    """A request of the verbs `classify` and `regress`.

    Args:
        examples: Examples, each a list of values by feature: bytes, floats or ints.
        context: Features that all examples share.
        signature_name: Name of the signature; empty for the default one.
    """

    examples: list[Feature]
    context: Feature = field(default_factory=dict)
    signature_name: str = ""


def read_examples(body: bytes, limits: Limits) -> Examples:
    """A request of the verbs `classify` and `regress`, as its body.

    Args:
        body: Text of JSON, UTF-8.
        limits: Bounds of its leaves, rows and values.

    Raises:
        ServingError: Not JSON, too much of it, or no examples.
    """
    request = parse_examples(parse_json(body, min(limits.elements, limits.texts)))
    check_examples([*map(_size, request.examples)], _size(request.context), limits)
    serialized = [_serialized(request.context | one) for one in request.examples]
    return Examples(serialized, request.signature_name)


def parse_examples(document: dict[str, Any]) -> ExamplesRequest:
    """A request's examples.

    Raises:
        ServingError: A body without examples.
    """
    name = signature_name(document)
    context = _example(document["context"]) if "context" in document else {}
    if "examples" not in document:
        raise invalid("When method is classify, key 'examples' is expected and was not found")
    if not isinstance(document["examples"], list):
        raise invalid("Expecting 'examples' value to be an list/array")
    if not document["examples"]:
        raise invalid("'examples' value is an empty array")
    return ExamplesRequest([_example(value) for value in document["examples"]], context, name)


def _example(value: Any) -> Feature:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {kind_of(value)}")
    for name in value:
        text_of(name)  # half of a surrogate pair is no name
    return {
        name: _feature(name, held if isinstance(held, list) else [held])
        for name, held in value.items()
    }


def _size(features: Feature) -> int:
    """Number of the values; a feature without any counts as one."""
    return sum(max(1, len(values)) for values in features.values())


def _serialized(features: Feature) -> bytes:
    example = example_pb2.Example()
    for name, values in features.items():
        feature = example.features.feature[name]
        kinds = {bytes: feature.bytes_list, float: feature.float_list, int: feature.int64_list}
        if values:
            kinds[type(values[0])].value.extend(values)
    return example.SerializeToString()


def _feature(name: str, values: list[Any]) -> list[Any]:
    found = [_value(name, value) for value in values]
    kinds = {type(value) for value in found}
    if len(kinds) > 1:
        wanted = {bytes: "bytes", float: "float", int: "int64"}[type(found[0])]
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {wanted}")
    return found


def _value(name: str, value: Any) -> bytes | float | int:
    if isinstance(value, str) or is_base64(value):
        return text_of(value)
    if isinstance(value, list | dict) or value is None:
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {kind_of(value)}")
    if isinstance(value, float):
        return value
    if value not in _INT64:
        raise invalid(f"Feature: {name} has uint64 element. Only int64_t is supported.")
    return int(value)
