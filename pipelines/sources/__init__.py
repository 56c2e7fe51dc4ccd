"""The sources of data: one frozen dataclass each, whose fields are its options."""

from collections.abc import Iterator
from dataclasses import Field
from typing import Any, ClassVar, Protocol

from ..attribute import Attribute
from .item import Broken, Item, Note

__all__ = ["AnySource", "Broken", "Item", "Note", "Source"]


class AnySource(Protocol):
    """Contract of every source, a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str:
        """Name of the source."""

    @property
    def licence(self) -> str:
        """Licence of its pictures or tunes."""

    @property
    def preset(self) -> str:
        """Preset to train on it first."""


class Source(AnySource, Protocol):
    """Contract of a source of pictures for `pipelines.prepare`."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by label; empty where there are none."""

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The attributes that every item states."""

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the pictures in a fixed order, with the reason in place of an unusable one.

        Raises:
            InputError: The source as a whole cannot be read.
        """
