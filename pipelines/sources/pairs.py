"""Two folders of pictures that belong together by their names."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from ..attribute import Attribute
from ..errors import InputError
from ..file_listing import FileListing, pictures_below
from ..images import picture_size
from .files import load_square
from .item import Broken, Item, Note
from .splits import held_out, stratified


@dataclass(frozen=True)
class Pairs:
    """Pairs of source and target pictures: two folders with the same names in them.

    Names are compared without suffix: given/a/1.png belongs to wanted/a/1.jpg. Hidden files do not
    count. A picture becomes its central square, on both sides; so both must have the same
    proportions.

    Args:
        given: Folder of the source pictures.
        wanted: Folder of the target pictures.
        test_share: Share of the pairs that is held out for the split test, in [0, 1).
        seed: Seed of the choice of the files held out.
        source_licence: Licence of the pictures, which dataset.json records.
    """

    given: Path
    wanted: Path
    test_share: float = 0.1
    seed: int = 0
    source_licence: str = "not stated"

    name: ClassVar[str] = "pairs"
    preset: ClassVar[str] = "pix2pix"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = ()

    @property
    def licence(self) -> str:
        """The licence that the user states."""
        return self.source_licence

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the pairs by name, and what is left out; what has no partner is broken."""
        folders = pictures_below(self.given, "--given"), pictures_below(self.wanted, "--wanted")
        given, wanted = map(_by_stem, folders)
        for folder in folders:
            yield from map(Broken, folder.unusable_pictures)
            yield from map(Note, folder.left_out(folder.pictures))
        both = sorted(given.keys() & wanted.keys())
        splits = stratified(dict.fromkeys(both, ""), held_out(self.test_share), self.seed)
        for stem in sorted(given.keys() ^ wanted.keys()):
            alone = given.get(stem) or wanted.get(stem)
            yield Broken(f"{alone}: has no partner of that name in the other folder.")
        for stem in both:
            try:
                sizes = [picture_size(folder[stem]) for folder in (given, wanted)]
            except InputError as error:
                yield Broken(error)
                continue
            if not alike(*sizes):
                (w, h), (x, y) = sizes
                yield Broken(
                    f"{given[stem]}: has other proportions than its partner, {w}×{h} and {x}×{y}."
                )
                continue
            yield Item(
                stem,
                splits[stem],
                partial(load_square, wanted[stem]),
                load_given=partial(load_square, given[stem]),
            )


def alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) have the same proportions, to about a pixel."""
    return abs(one[0] * other[1] - other[0] * one[1]) <= max(*one, *other)


def _by_stem(listing: FileListing) -> dict[str, Path]:
    """The pictures by their name without suffix."""
    found: dict[str, Path] = {}
    for name in listing.pictures:
        stem, path = str(Path(name).with_suffix("")), listing.path(name)
        if stem in found:
            raise InputError(f"{path}: {found[stem].name} has the same name; keep one.")
        found[stem] = path
    return found
