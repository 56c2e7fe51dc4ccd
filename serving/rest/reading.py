"""JSON requests to tensors, by the rules of TensorFlow Serving's `json_tensor.cc`."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ..errors import invalid
from ..limits import Limits, check_texts
from ..signatures import DEFAULT, unknown_signature

# dtype → (its name in messages, the JSON types that it takes)
_NUMBERS: dict[str, tuple[str, tuple[type, ...]]] = {
    "DT_FLOAT": ("float", (int, float)),
    "DT_DOUBLE": ("double", (int, float)),
    **{
        f"DT_{sign}INT{bits}": (f"{sign.lower()}int{bits}", (int,))
        for sign in ("", "U")
        for bits in (8, 16, 32, 64)
    },
    "DT_BOOL": ("bool", (bool,)),
}
_DTYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_BOOL": "bool"} | {
    dtype: name for dtype, (name, kinds) in _NUMBERS.items() if kinds == (int,)
}
_SHOWN = 128
_DIMENSIONS = 64  # that NumPy has
_SPACES = " \t\r\n"
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class PredictRequest:
    """A request of the verb `predict`.

    Args:
        tensors: Inputs by name.
        row: Whether they came as `instances`; the answer takes the same form.
        signature_name: Name of the signature; empty for the default one.
    """

    tensors: dict[str, np.ndarray]
    row: bool
    signature_name: str = ""


def read_predict(
    body: bytes, signatures: Mapping[str, Mapping[str, str]], limits: Limits
) -> PredictRequest:
    """A request of the verb `predict`, as its body.

    Args:
        body: Text of JSON, UTF-8.
        signatures: Types of the inputs, such as `DT_FLOAT`, by signature and name.
        limits: Bounds of its leaves and texts.

    Raises:
        ServingError: Not JSON, too much of it, too large pictures, or it does not fit the
            signature.
    """
    document = parse_json(body, limits.elements)
    name = signature_name(document)
    if (name or DEFAULT) not in signatures:
        raise unknown_signature(name or DEFAULT, signatures)
    request = parse_predict(document, signatures[name or DEFAULT])
    texts = (value.size for value in request.tensors.values() if value.dtype == object)
    check_texts(sum(texts), limits.texts)
    limits.check_tensors(request.tensors)
    return request


def parse_json(text: bytes | str, elements: int = 1 << 22) -> dict[str, Any]:
    """A JSON object; NaN, Infinity and -Infinity are numbers. What follows it is ignored.

    Args:
        text: Text of JSON; UTF-8 if it is bytes.
        elements: Most leaves that it may have.

    Raises:
        ServingError: Not JSON, too much of it, nested too deeply for this server, or no object.
    """
    comma, array, thing = (b",", b"[", b"{") if isinstance(text, bytes) else (",", "[", "{")
    # Each leaf but the first has one of these before it: a bound that takes no parser.
    if text.count(comma) + text.count(array) + text.count(thing) > elements:  # type: ignore[arg-type]
        raise invalid(f"The body has more than {elements} values (--max_elements).")
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise invalid(f"JSON Parse error: Invalid encoding in string. ({error.reason})") from error
    if not text.strip(_SPACES):
        raise invalid("JSON Parse error: The document is empty.")
    try:
        value, _ = _DECODER.raw_decode(text.lstrip(_SPACES))
    except RecursionError as error:
        raise invalid("JSON Parse error: Nested too deeply.") from error
    except ValueError as error:
        # json's messages begin differently; RapidJSON's first words are what clients look for.
        raise invalid(f"JSON Parse error: Invalid value. ({str(error)[:_SHOWN]})") from error
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {_shown(value)} Is not object")
    return value


def signature_name(document: dict[str, Any]) -> str:
    """The signature that a request names, or nothing."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid("not formatted correctly. 'signature_name' key must be a string value.")
    return name


def parse_predict(document: dict[str, Any], dtypes: Mapping[str, str]) -> PredictRequest:
    """A request's tensors.

    Args:
        document: Parsed body.
        dtypes: Types of the signature's inputs, such as `DT_FLOAT`, by name.

    Raises:
        ServingError: The request does not fit the signature.
    """
    name = signature_name(document)
    row, columnar = "instances" in document, "inputs" in document
    if row and columnar:
        raise invalid(
            "Not formatted correctly: expecting only one of 'inputs' or 'instances' keys to exist."
        )
    if not row and not columnar:
        raise invalid("Missing 'inputs' or 'instances' key")
    if row:
        return PredictRequest(_rows(document["instances"], dtypes), True, name)
    return PredictRequest(_columns(document["inputs"], dtypes), False, name)


def _rows(instances: Any, dtypes: Mapping[str, str]) -> dict[str, np.ndarray]:
    if not isinstance(instances, list):
        raise invalid(f"Expecting 'instances' to be a list/array. Received: {_shown(instances)}")
    if not instances:
        raise invalid("No values in 'instances' array")
    if not _is_object(instances[0]):
        for index, value in enumerate(instances):
            if _is_object(value):
                raise invalid(f"Expecting value/list but got object at item {index} of input list")
        name = _only(dtypes, "instances is a plain list, but expecting list of objects")
        return {name: _tensor(instances, dtypes[name])}
    for index, value in enumerate(instances):
        if not _is_object(value):
            raise invalid(f"Expecting object but got list at item {index} of input list")
        _check_names(value, dtypes, index)
    return {
        name: _tensor([value[name] for value in instances], dtype) for name, dtype in dtypes.items()
    }


def _columns(inputs: Any, dtypes: Mapping[str, str]) -> dict[str, np.ndarray]:
    if _is_object(inputs):
        missing = next((name for name in dtypes if name not in inputs), None)
        if missing is not None:
            raise invalid(f"Missing named input: {missing} in 'inputs' object.")
        return {name: _tensor(inputs[name], dtype) for name, dtype in dtypes.items()}
    name = _only(dtypes, "inputs is a plain value/list, but expecting an object")
    return {name: _tensor(inputs, dtypes[name])}


def _only(dtypes: Mapping[str, str], wrong: str) -> str:
    if len(dtypes) != 1:
        raise invalid(
            f"{wrong} as multiple input tensors required as per tensorinfo_map: "
            f"{','.join(sorted(dtypes))}"
        )
    return next(iter(dtypes))


def _check_names(value: dict[str, Any], dtypes: Mapping[str, str], index: int) -> None:
    """Check that an element of `instances` has the names of the inputs, and no others."""
    unknown = next((name for name in value if name not in dtypes), None)
    if unknown is not None:
        raise invalid(
            f"Failed to process element: {index} key: {unknown[:_SHOWN]} of 'instances' list. "
            "Error: INVALID_ARGUMENT: JSON object: does not have named input: "
            f"{unknown[:_SHOWN]}"
        )
    if len(value) < len(dtypes):
        raise invalid(
            f"Failed to process element: {index} of 'instances' list. JSON object: "
            f"{_shown(value)} must only have keys: {','.join(sorted(dtypes))}"
        )


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64(value)


def is_base64(value: Any) -> bool:
    """Whether a JSON value is `{"b64": "…"}`: bytes, not an object."""
    return isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str)


def _tensor(value: Any, dtype: str) -> np.ndarray:
    """A dense tensor of nested lists, its shape that of their first elements."""
    shape = _shape(value)
    if len(shape) > _DIMENSIONS:
        raise invalid(f"A tensor has at most {_DIMENSIONS} dimensions. Received: {len(shape)}.")
    leaves = [value]
    for depth, length in enumerate(shape):
        for part in leaves:
            if not isinstance(part, list):
                raise invalid(_wrong_shape(part, shape))
            if len(part) != length and len(_shape(part)) != len(shape) - depth:
                raise invalid(_wrong_shape(part, shape))
            if len(part) != length:
                raise invalid(
                    f"Encountered list at unexpected size: {len(part)} at level: {depth}. "
                    f"Expecting tensor size: {length}"
                )
        leaves = list(chain.from_iterable(leaves))
    nested = next((leaf for leaf in leaves if isinstance(leaf, list)), None)
    if nested is not None:
        raise invalid(_wrong_shape(nested, shape))
    return _values(leaves, dtype).reshape(shape)


def _shape(value: Any) -> list[int]:
    """The lengths of a list, of its first element, of that one's, and so on."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def _wrong_shape(value: Any, shape: list[int]) -> str:
    return f"JSON Value: {_shown(value)} not formatted correctly. Expecting shape {shape}"


def _values(leaves: list[Any], dtype: str) -> np.ndarray:
    if dtype == "DT_STRING":
        return np.array([text_of(leaf) for leaf in leaves] or [], dtype=object)
    if dtype not in _NUMBERS:
        shown = _shown(leaves[0]) if leaves else "[]"
        kind = dtype.removeprefix("DT_").lower()
        raise invalid(f"Conversion of JSON Value: {shown} to type: {kind}")
    name, kinds = _NUMBERS[dtype]
    if not {type(leaf) for leaf in leaves} <= set(kinds):
        wrong = next(leaf for leaf in leaves if type(leaf) not in kinds)
        raise invalid(
            f"JSON Value: {_shown(wrong)} Type: {kind_of(wrong)} is not of expected type: {name}"
        )
    try:
        # What exceeds a float becomes infinite, as in TensorFlow Serving.
        with np.errstate(over="ignore"):
            return np.array(
                [float(v) for v in leaves] if float in kinds else leaves, _DTYPES[dtype]
            )
    except OverflowError as error:
        raise invalid(f"A number is out of the range of the expected type: {name}") from error


def text_of(leaf: Any) -> bytes:
    """The bytes that a JSON string, or base64, stands for."""
    if isinstance(leaf, str):
        try:
            return leaf.encode("utf-8")
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise invalid("JSON Parse error: The surrogate pair in string is invalid.") from error
    if isinstance(leaf, dict) and not is_base64(leaf):
        raise invalid(f"JSON Value: {_shown(leaf)} not formatted correctly for base64 data")
    if not is_base64(leaf):
        raise invalid(
            f"JSON Value: {_shown(leaf)} Type: {kind_of(leaf)} is not of expected type: string"
        )
    try:
        return base64.b64decode(leaf["b64"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"Unable to base64 decode: {_shown(leaf['b64'])}") from error


def kind_of(value: Any) -> str:
    """Name that RapidJSON has for the type of a JSON value."""
    if isinstance(value, bool):
        return str(value)
    kinds = {dict: "Object", list: "Array", str: "String", type(None): "Null"}
    return kinds.get(type(value), "Number")


def _shown(value: Any) -> str:
    """The beginning of a value as JSON, without writing all of a large one."""
    if isinstance(value, list | dict):
        return f"{kind_of(value)} of {len(value)}"
    return json.dumps(value)[:_SHOWN]
