"""A version of a model in TensorFlow's C library: its signatures, run on arrays."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError

from ..c_api import CApiError, SavedModel
from ..errors import ServingError
from ..protos import config_pb2, error_codes_pb2, saved_model_pb2
from ..signatures import Signatures

_MESSAGE = 1000  # characters of TensorFlow's messages that a client gets
_TAG = "serve"
_VARIABLES = Path("variables") / "variables.index"


class Model:
    """A SavedModel's signatures. Several threads may run them at a time.

    Args:
        path: Folder of the version.
        config: Settings of its session, such as numbers of threads.

    Raises:
        ServingError: Not readable as a SavedModel.
    """

    def __init__(self, path: Path, config: config_pb2.ConfigProto | None = None) -> None:
        try:
            held = (path / "saved_model.pb").read_bytes()
            proto = saved_model_pb2.SavedModel.FromString(held)
            graph = next((g for g in proto.meta_graphs if _TAG in g.meta_info_def.tags), None)
            if graph is None:
                raise ServingError("NOT_FOUND", f"{path}: no graph with the tag `{_TAG}`.")
            if graph.saver_def.restore_op_name and not (path / _VARIABLES).exists():
                # TensorFlow would load it, and fail at the first request.
                raise _unreadable(path, f"{_VARIABLES} is missing")
            self.signatures = Signatures(graph.signature_def)
            self._session = SavedModel(path, config.SerializeToString() if config else b"")
        except OSError as error:
            raise _unreadable(path, error.strerror or str(error)) from error
        except DecodeError as error:
            raise _unreadable(path, "saved_model.pb is no message SavedModel") from error
        except CApiError as error:
            raise _unreadable(path, reason_of(error.message).split("\n", 1)[0]) from error

    def run(
        self, name: str, tensors: Mapping[str, np.ndarray], milliseconds: int = 0
    ) -> dict[str, np.ndarray]:
        """The outputs of a signature; strings are arrays of bytes objects.

        Args:
            name: Name of the signature; empty for the default one.
            tensors: Inputs of the signature by name.
            milliseconds: Time after which the run is stopped; 0 for no limit.

        Raises:
            ServingError: The inputs do not fit, the graph refuses them, or the time is over.
        """
        definition = self.signatures.find(name)
        self.signatures.check_inputs(name, tensors)
        options = config_pb2.RunOptions(timeout_in_ms=milliseconds)
        try:
            answers = self._session.run(
                {definition.inputs[key].name: value for key, value in tensors.items()},
                [info.name for info in definition.outputs.values()],
                options.SerializeToString() if milliseconds else b"",
            )
        except CApiError as error:
            code = _CODES.get(error.code, "UNKNOWN")
            if code == "DEADLINE_EXCEEDED":
                raise ServingError(code, "The request took longer than its time.") from error
            raise ServingError(code, reason_of(error.message)) from error
        return dict(zip(definition.outputs, answers, strict=True))


_CODES = {number: name for name, number in error_codes_pb2.Code.items()}


def _unreadable(path: Path, reason: str) -> ServingError:
    return ServingError("NOT_FOUND", f"{path}: not readable as a SavedModel: {reason[:_MESSAGE]}")


_AROUND = re.compile(
    r'\s*($|Graph execution error:|Detected at node |File "|<stack traces unavailable>|Node: )'
)


def reason_of(message: str) -> str:
    """Reason that a message of TensorFlow's states, without the graph's nodes around it."""
    lines = message.splitlines()
    while lines and _AROUND.match(lines[0]):
        lines.pop(0)
    message = "\n".join(lines) or message
    message = re.split(r"\n\t?\s*\[\[|\s\[Op:", message, maxsplit=1)[0]
    message = re.sub(r"\{\{function_node [^}]*\}\}\s*", "", message)
    return re.sub(r"^\(\d+\) [A-Z][a-z ]+: ", "", message.strip())[:_MESSAGE]
