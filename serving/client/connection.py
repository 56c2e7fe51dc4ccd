"""The contract of the ways to a served model."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from .signature import Signature

Rows = Mapping[str, Sequence[Any]]
"""Columns of inputs by name; texts are `str`, pictures `bytes`."""
Columns = dict[str, list[Any]]
"""Columns of outputs by name; `bytes` where the name ends with `_bytes`, other texts `str`."""


class Connection(Protocol):
    """A way to one served model.

    Its methods raise `Busy` where trying again may help, else `ClientError`.
    """

    async def metadata(self) -> dict[str, Any]:
        """The model's signatures, in the form of the REST API's metadata."""

    async def predict(self, name: str, signature: Signature, rows: Rows) -> Columns:
        """Run a signature.

        Args:
            name: Name of the signature.
            signature: Inputs and outputs of the signature.
            rows: Columns of inputs.
        """

    async def close(self) -> None:
        """End it; it is not used again."""
