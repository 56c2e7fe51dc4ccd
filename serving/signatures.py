"""Signatures of a model: what it takes and what it gives."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from google.protobuf.message import Message

from .errors import ServingError, invalid
from .protos import types_pb2

DEFAULT = "serving_default"
_SHOWN = 100  # characters of a name, and names, that an error shows


class Signatures:
    """The signatures of a model by name.

    Args:
        definitions: `SignatureDef` messages by name.
    """

    def __init__(self, definitions: Mapping[str, Message]) -> None:
        self.definitions = {
            name: definition
            for name, definition in definitions.items()
            if not name.startswith("__")  # such as __saved_model_init_op, which is no request's
        }

    def find(self, name: str) -> Message:
        """The definition of a signature; of the default one for no name.

        Raises:
            ServingError: The model has none of that name.
        """
        name = name or DEFAULT
        if name not in self.definitions:
            raise unknown_signature(name, self.definitions)
        return self.definitions[name]

    def dtypes(self, name: str) -> dict[str, str]:
        """The inputs' types of a signature, such as `DT_FLOAT`, by name."""
        inputs = self.find(name).inputs
        return {key: types_pb2.DataType.Name(info.dtype) for key, info in inputs.items()}

    @cached_property
    def all_dtypes(self) -> dict[str, dict[str, str]]:
        """The inputs' types of all signatures, by signature and name."""
        return {name: self.dtypes(name) for name in self.definitions}

    def check_inputs(self, name: str, given: Iterable[str]) -> None:
        """Check that a signature takes inputs of these names.

        Raises:
            ServingError: Inputs are missing, or too many.
        """
        taken, given = set(self.find(name).inputs), set(given)
        if given != taken:
            raise invalid(
                f"input size does not match signature: {len(given)}!={len(taken)} "
                f"len({_set(given)}) != len({_set(taken)}). Sent extra: {_set(given - taken)}. "
                f"Missing but required: {_set(taken - given)}."
            )


def _set(names: set[str]) -> str:
    shown = [name[:_SHOWN] for name in sorted(names)[:_SHOWN]]
    return f"{{{','.join(shown)}}}"


def unknown_signature(name: str, known: Iterable[str]) -> ServingError:
    """The error of a signature that a model lacks."""
    return invalid(
        f'Serving signature key "{name[:200]}" not found. The model has: '
        f"{', '.join(sorted(known))}."
    )
