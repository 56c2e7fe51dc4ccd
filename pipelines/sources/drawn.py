"""Base of the sources whose pictures this program draws itself."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from ..arguments import whole_number
from .item import Item

_SPLITS = {8: "val", 9: "test"}  # of ten turns; the others are in `train`


@dataclass(frozen=True)
class Drawn(ABC):
    """Pictures that are drawn when they are loaded; their classes or combinations take turns.

    Picture i depends on `seed` and i alone: more pictures leave the first ones as they are. Of ten
    successive pictures of a kind eight are in `train`, one in `val`, one in `test`.

    Args:
        pictures: Number of pictures, at least 1.
        seed: Seed of the whole source, at least 0.

    Raises:
        InputError: A number is too small.
    """

    pictures: int = 2000
    seed: int = 0

    name: ClassVar[str]
    kinds: ClassVar[int]  # how many there are
    licence: ClassVar[str] = "CC0 1.0 (drawn by this program)"

    def __post_init__(self) -> None:
        for option, value, least in (("pictures", self.pictures, 1), ("seed", self.seed, 0)):
            whole_number(value, f"{self.name}: {option}", least)

    def items(self) -> Iterator[Item]:
        """All pictures; each is drawn when its `load` is called."""
        for index in range(self.pictures):
            turn, kind = divmod(index, self.kinds)
            # Staggered over the kinds, so that a small set has all three splits too.
            yield self.item(index, kind, _SPLITS.get((turn + kind) % 10, "train"))

    @abstractmethod
    def item(self, index: int, kind: int, split: str) -> Item:
        """One picture.

        Args:
            index: Number of the picture.
            kind: Number of its class or combination, in `[0, kinds)`.
            split: Name of the picture's split.
        """
