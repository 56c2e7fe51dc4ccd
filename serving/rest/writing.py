"""Tensors to JSON answers, by the rules of TensorFlow Serving's `json_tensor.cc`."""

import base64
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import invalid
from ..examples import classes_of, values_of


def predict_body(tensors: Mapping[str, np.ndarray], row: bool) -> bytes:
    """The bytes of `predict_response`, of which a large answer is made where it holds up nobody."""
    return predict_response(tensors, row).encode("utf-8", "replace")


def predict_response(tensors: Mapping[str, np.ndarray], row: bool) -> str:
    """The body of an answer to `predict`.

    Args:
        tensors: Outputs by name; strings as arrays of bytes objects.
        row: Whether to give a value, or an object, for each row; else a column for each output.

    Raises:
        ServingError: No outputs, ones of unequal first dimensions, or of a type that JSON lacks.
    """
    if not tensors:
        raise invalid("Cannot convert empty tensor map to JSON")
    for name, tensor in tensors.items():
        if tensor is None:
            raise invalid(f"Tensor: {name} has no shape information.")
    if not row:
        columns = {name: _nested(tensor, _writer(name, tensor)) for name, tensor in tensors.items()}
        only = next(iter(columns.values())) if len(columns) == 1 else _object(columns)
        return f'{{"outputs":{only}}}'
    scalar = next((name for name, tensor in tensors.items() if not tensor.ndim), None)
    if scalar is not None:
        raise invalid(f"Tensor name: {scalar} has no shape information: it is a scalar, not a row.")
    counts = {name: tensor.shape[0] for name, tensor in tensors.items()}
    if len(set(counts.values())) > 1:
        raise invalid(f"Tensors have inconsistent batch size: {counts}")
    writers = {name: _writer(name, tensor) for name, tensor in tensors.items()}
    rows: Iterable[str]
    if len(tensors) == 1:
        ((name, tensor),) = tensors.items()
        rows = (_nested(value, writers[name]) for value in tensor)
    else:
        rows = (
            _object({n: _nested(tensor[i], writers[n]) for n, tensor in tensors.items()})
            for i in range(next(iter(counts.values())))
        )
    return f'{{"predictions":[{",".join(rows)}]}}'


def classify_response(results: Iterable[Iterable[tuple[str, np.floating]]]) -> str:
    """The body of an answer to `classify`: (label, score) pairs an example, scores float32."""
    texts = [
        "[" + ",".join(f"[{json.dumps(label)},{decimal(score)}]" for label, score in pairs) + "]"
        for pairs in results
    ]
    if not texts:
        raise invalid("Cannot convert empty ClassificationResults to JSON")
    return f'{{"results":[{",".join(texts)}]}}'


def regress_response(values: Iterable[np.floating]) -> str:
    """The body of an answer to `regress`: a float32 value for each example."""
    texts = [decimal(value) for value in values]
    if not texts:
        raise invalid("Cannot convert empty RegressionResults to JSON")
    return f'{{"results":[{",".join(texts)}]}}'


def classify_body(outputs: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of `classify_response` for the outputs of a signature."""
    return classify_response(classes_of(outputs)).encode("utf-8", "replace")


def regress_body(outputs: Mapping[str, np.ndarray], count: int) -> bytes:
    """The bytes of `regress_response` for the outputs of a signature and a number of examples."""
    return regress_response(values_of(outputs, count)).encode()


def error_response(message: str) -> str:
    """The body of an error; nothing where there is no message."""
    return json.dumps({"error": message}) if message else ""


def decimal(value: np.floating) -> str:
    """A float as TensorFlow Serving writes it: six digits where these tell it exactly.

    `9e+06`, `999999.0`, `0.5`; else the shortest text that reads back as the same number.
    """
    number = float(value)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
    text = f"{number:.6g}"
    if type(value)(text) != value:
        text = np.format_float_positional(value, unique=True, trim="0")
        if len(text) > 24:
            text = np.format_float_scientific(value, unique=True, trim="0")
    return text if "." in text or "e" in text else f"{text}.0"


def _object(members: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(k)}:{v}" for k, v in members.items()) + "}"


def _writer(name: str, tensor: np.ndarray) -> Callable[[Any], str]:
    kind = tensor.dtype.kind
    if kind == "O":
        return _base64 if name.endswith("_bytes") else _string
    if kind == "b":
        return lambda value: "true" if value else "false"
    if kind in "iu":
        return str
    if kind == "f" and tensor.dtype.itemsize >= 4:
        return decimal
    raise invalid(f"Conversion of tensor type: {tensor.dtype.name} to JSON is not supported.")


def _nested(value: Any, write: Callable[[Any], str]) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return "[" + ",".join(_nested(part, write) for part in value) + "]"
    return write(value[()] if isinstance(value, np.ndarray) else value)


def _base64(value: bytes) -> str:
    return f'{{"b64":"{base64.b64encode(value).decode()}"}}'


def _string(value: bytes | str) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return json.dumps(text, ensure_ascii=False)
