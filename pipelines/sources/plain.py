"""Any folder of pictures, without captions or labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import ClassVar

from ..attribute import Attribute
from ..file_listing import FileListing, pictures_below
from .files import load_square
from .folders import folder_classes, folder_splits
from .item import Broken, Item, Note
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
        return tuple(sorted(set(folder_classes(self._files.pictures).values())))

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the pictures by name, and what is left out."""
        names = self._files.pictures
        labels = folder_classes(names)
        groups = {name: labels.get(name, "") for name in names}
        shares = held_out(self.test_share)
        splits = folder_splits(names) or stratified(groups, shares, self.seed)
        yield from map(Broken, self._files.unusable_pictures)
        for name in names:
            label = self.classes.index(labels[name]) if labels else -1
            load = partial(load_square, self._files.path(name))
            yield Item(name, splits[name], load, (), label)
        yield from map(Note, self._files.left_out(names))

    @cached_property
    def _files(self) -> FileListing:
        return pictures_below(self.source)
