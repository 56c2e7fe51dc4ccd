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
    """

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

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
            name: Signature(_types(one.get("inputs", {})), _types(one.get("outputs", {})))
            for name, one in held.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ClientError(
            "The server's answer holds no signatures; is it a model's URL?"
        ) from error


def _types(tensors: Mapping[str, Any]) -> dict[str, str]:
    return {name: info["dtype"] for name, info in tensors.items()}
