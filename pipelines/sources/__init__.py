"""The sources of captioned pictures: one frozen dataclass each, whose fields are its options."""

from collections.abc import Iterator
from typing import Protocol

from ..attribute import Attribute
from .item import Broken, Item, Note

__all__ = ["Broken", "Item", "Note", "Source"]


class Source(Protocol):
    """What `pipelines.prepare` asks of a source."""

    @property
    def name(self) -> str:
        """Of the source."""

    @property
    def licence(self) -> str:
        """Licence of the pictures and captions."""

    @property
    def preset(self) -> str:
        """The preset to train on it first."""

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
