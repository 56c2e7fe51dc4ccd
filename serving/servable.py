"""One version of a model, loaded: its signatures, run on arrays."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError, Message
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import error_codes_pb2, saved_model_pb2

from .errors import ServingError, invalid

DEFAULT = "serving_default"
_MESSAGE = 1000  # characters of TensorFlow's messages that a client gets


class Servable:
    """A SavedModel's signatures.

    Args:
        name: Name of the model.
        version: Number of the version.
        path: Folder of the version.

    Raises:
        ServingError: Not readable as a SavedModel.
    """

    def __init__(self, name: str, version: int, path: Path) -> None:
        self.name, self.version, self.path = name, version, path
        try:
            self._model = tf.saved_model.load(str(path))
            proto = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
        except (OSError, ValueError, DecodeError, tf.errors.OpError, KeyError) as error:
            reason = str(error).split("\n", 1)[0][:_MESSAGE]
            raise ServingError(
                "NOT_FOUND", f"{path}: not readable as a SavedModel: {reason}"
            ) from error
        graph = next((g for g in proto.meta_graphs if "serve" in g.meta_info_def.tags), None)
        if graph is None:
            raise ServingError("NOT_FOUND", f"{path}: no graph with the tag `serve`.")
        self._functions = dict(self._model.signatures.items())
        self.signature_defs: dict[str, Message] = {
            name: definition
            for name, definition in graph.signature_def.items()
            if not name.startswith("__")
        }

    def signature(self, name: str) -> Message:
        """The definition of a signature; of the default one for no name.

        Raises:
            ServingError: The model has none of that name.
        """
        name = name or DEFAULT
        if name not in self._functions:
            raise invalid(
                f'Serving signature key "{name[:200]}" not found. The model has: '
                f"{', '.join(sorted(self._functions))}."
            )
        return self.signature_defs[name]

    def dtypes(self, name: str) -> dict[str, str]:
        """The inputs' types of a signature, such as `DT_FLOAT`, by name."""
        inputs = self.signature(name).inputs
        return {key: types_pb2.DataType.Name(info.dtype) for key, info in inputs.items()}

    def run(self, name: str, tensors: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs of a signature; strings are arrays of bytes objects.

        Raises:
            ServingError: The inputs do not fit, or the graph refuses them.
        """
        definition = self.signature(name)
        _check_inputs(definition, tensors)
        function = self._functions[name or DEFAULT]
        try:
            outputs = function(**{key: _tensor(value) for key, value in tensors.items()})
            return {key: _array(value) for key, value in outputs.items()}
        except tf.errors.OpError as error:
            code = _CODES.get(error.error_code, "UNKNOWN")
            raise ServingError(code, _reason(error)) from error
        except (TypeError, ValueError) as error:
            raise invalid(_reason(error)) from error


_CODES = {number: name for name, number in error_codes_pb2.Code.items()}


def _check_inputs(definition: Message, tensors: Mapping[str, np.ndarray]) -> None:
    if set(tensors) != set(definition.inputs):
        raise invalid(
            f"input size does not match signature: the signature takes "
            f"{', '.join(sorted(definition.inputs))}; received {', '.join(sorted(tensors))}."
        )


def _tensor(value: np.ndarray) -> tf.Tensor:
    if value.dtype == object:
        return tf.constant(value.tolist(), tf.string, value.shape)
    return tf.constant(value)


def _array(value: tf.Tensor) -> np.ndarray:
    array = value.numpy()
    return array if isinstance(array, np.ndarray) else np.array(array, dtype=_object(array))


def _object(value: Any) -> Any:
    return object if isinstance(value, bytes) else None


_AROUND = re.compile(
    r'\s*($|Graph execution error:|Detected at node |File "|<stack traces unavailable>|Node: )'
)


def _reason(error: Exception) -> str:
    """Reason that an error states, without the graph's nodes around it."""
    said = error.message if isinstance(error, tf.errors.OpError) else str(error)
    message = said or type(error).__name__
    lines = message.splitlines()
    while lines and _AROUND.match(lines[0]):
        lines.pop(0)
    message = "\n".join(lines) or message
    message = re.split(r"\n\t?\s*\[\[|\s\[Op:", message, maxsplit=1)[0]
    return re.sub(r"\{\{function_node [^}]*\}\}\s*", "", message).strip()[:_MESSAGE]
