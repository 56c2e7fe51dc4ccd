"""Any folder of pictures, without captions or labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

from ..attribute import Attribute
from .files import load_square, picture_files
from .folders import folder_classes, folder_splits
from .item import Item
from .own_folder import OwnFolder
from .splits import held_out, stratified


@dataclass(frozen=True)
class Pictures(OwnFolder):
    """Pictures in a folder, at any depth: for GANs that need no words.

    Where all lie in two or more sub-folders, these are their classes; folders named train, val and
    test divide them instead. Hidden files do not count. A picture becomes its central square.
    """

    name: ClassVar[str] = "pictures"
    preset: ClassVar[str] = "dcgan"
    attributes: ClassVar[tuple[Attribute, ...]] = ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The sub-folders in alphabetical order."""
        return tuple(sorted(set(folder_classes(self._names).values())))

    def items(self) -> Iterator[Item]:
        """Yield the pictures by name."""
        labels = folder_classes(self._names)
        groups = {name: labels.get(name, "") for name in self._names}
        shares = held_out(self.test_share)
        splits = folder_splits(self._names) or stratified(groups, shares, self.seed)
        for name in self._names:
            label = self.classes.index(labels[name]) if labels else -1
            yield Item(name, splits[name], partial(load_square, self.source / name), (), label)

    @cached_property
    def _names(self) -> list[str]:
        return picture_files(self.source)
