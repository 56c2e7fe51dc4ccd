"""The signatures that a served model publishes in its metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ClientError


@dataclass(frozen=True)
class Signature:
    """The tensors of a signature.

    Args:
        inputs: Types such as `DT_STRING` by the names of what it takes.
        outputs: Types by the names of what it gives.
        by_rows: Whether its tensors may have any number of rows, so that a request can be divided.
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    by_rows: bool = True

    def __str__(self) -> str:
        """`caption, seed → image_bytes`."""
        return f"{', '.join(sorted(self.inputs))} → {', '.join(sorted(self.outputs))}"


def signatures_of(metadata: Mapping[str, Any]) -> dict[str, Signature]:
    """The signatures by name.

    Args:
        metadata: Answer of the REST API to `GET …/metadata`.

    Raises:
        ClientError: The answer is of another form.
    """
    try:
        held = metadata["metadata"]["signature_def"]["signature_def"]
        return {
            name: _signature(one.get("inputs", {}), one.get("outputs", {}))
            for name, one in held.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ClientError(
            "The server's answer holds no signatures; is it a model's URL?"
        ) from error


def _signature(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Signature:
    tensors = (*inputs.values(), *outputs.values())
    return Signature(_types(inputs), _types(outputs), all(map(_any_rows, tensors)))


def _types(tensors: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(info["dtype"]) for name, info in tensors.items()}


def _any_rows(info: Mapping[str, Any]) -> bool:
    """Whether a tensor's first size is left open; so it is where the whole shape is."""
    shape = info.get("tensor_shape", {})
    sizes = [str(dim.get("size", "0")) for dim in shape.get("dim", ())]
    return bool(shape.get("unknown_rank")) or sizes[:1] == ["-1"]
