"""A model's state and signatures as JSON."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from google.protobuf import json_format

from ..signatures import Signatures
from ..versions import State


def status_response(states: Mapping[int, State]) -> str:
    """The body of an answer to a GET of a model."""
    listed = [
        {
            "version": str(version),
            "state": state.state,
            "status": {"error_code": state.code, "error_message": state.message},
        }
        for version, state in states.items()
    ]
    return json.dumps({"model_version_status": listed}, indent=1)


@lru_cache  # made in milliseconds for a model of many signatures, and asked for often
def metadata_response(name: str, version: int, signatures: Signatures) -> str:
    """The body of an answer to a GET of a model's metadata: its signatures."""
    spec = {"name": name, "signature_name": "", "version": str(version)}
    held = {key: _signature(definition) for key, definition in signatures.definitions.items()}
    metadata = {"signature_def": {"signature_def": held}}
    return json.dumps({"model_spec": spec, "metadata": metadata}, indent=1)


def _signature(definition: Any) -> dict[str, Any]:
    held = json_format.MessageToDict(
        definition, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    for side in ("inputs", "outputs"):
        held[side] = {name: _tensor(info) for name, info in held[side].items()}
    return held


def _tensor(info: dict[str, Any]) -> dict[str, Any]:
    return {name: info[name] for name in ("dtype", "tensor_shape", "name")}
