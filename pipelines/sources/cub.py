"""CUB-200-2011 with its ten captions of each picture."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from ..attribute import Attribute
from ..errors import InputError
from ..file_listing import files_below
from ..images import open_picture, resized, square_about
from ..names import why_outside
from ..text_file import filled_lines, read_text
from .captions import read_captions
from .item import Broken, Item, Load, Note
from .splits import divided_pairs, stratified

_CAPTION_FOLDERS = ("text_c10", "text", "captions", "cvpr2016_cub/text_c10", "cub_icml", "birds")
_Bounds = tuple[float, float, float, float]  # left, upper, width, height in pixels
_SHARES = {"train": 0.64, "val": 0.16, "test": 0.20}  # of No's thesis
_CONTEXT = 1.5  # side of the crop in units of the bounding box's longer side


@dataclass(frozen=True)
class Cub:
    """CUB-200-2011 in its official layout, whole or in part, with captions (Reed et al. 2016).

    A picture is cropped to a square of 1.5 times the longer side of its bounding box.

    Args:
        source: Folder that holds CUB_200_2011/, or CUB_200_2011/ itself.
        captions: Folder of the captions: a text file for each picture, in class folders. By default
            looked for beside the pictures (text_c10/ and the like).
        split: Division of the pictures: `class-disjoint` has 150 species for training and 50 for
            test (Reed et al.); `thesis` divides the pictures of each species 64/16/20 into train,
            val and test; `pairs` divides the pairs of picture and caption so, as No's thesis does:
            most pictures are in several splits, each time with other captions.
        seed: Seed of the splits `thesis` and `pairs`.
    """

    source: Path
    captions: Path | None = None
    split: Literal["class-disjoint", "thesis", "pairs"] = "class-disjoint"
    seed: int = 0

    name: ClassVar[str] = "cub"
    licence: ClassVar[str] = "CUB-200-2011: non-commercial research and education"
    preset: ClassVar[str] = "self-attention-gan-narrow"

    @cached_property
    def root(self) -> Path:
        """The folder of images.txt."""
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        for folder in (self.source, self.source / "CUB_200_2011"):
            if (folder / "images.txt").exists():
                return folder
        raise InputError(
            f"--source {self.source}: neither it nor its CUB_200_2011/ holds images.txt."
        )

    @cached_property
    def caption_root(self) -> Path:
        """The folder of the captions' class folders."""
        if self.captions is not None:
            if not self.captions.is_dir():
                raise InputError(f"--captions {self.captions}: no such folder.")
            candidates = [self.captions]
        else:
            candidates = [
                base / name for base in (self.root, self.root.parent) for name in _CAPTION_FOLDERS
            ]
        nested = [c / inner for c in candidates for inner in ("text_c10", "text")]
        names = {name.split("/")[0] for name in self._pictures.values()}
        for folder in (*candidates, *nested):
            if folder.is_dir() and any((folder / name).is_dir() for name in names):
                return folder
        raise InputError(
            f"No captions found: looked for class folders in "
            f"{', '.join(str(c) for c in candidates)}. Name their folder with --captions."
        )

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The species that have pictures here, in the order of classes.txt."""
        present = {name.split("/")[0] for name in self._pictures.values()}
        return tuple(name for name in self._table("classes.txt").values() if name in present)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """No attributes: the birds' attributes are certain for no single picture."""
        return ()

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the pictures in the order of images.txt, then caption files without picture.

        A picture with captions in several splits is an item of each, with their captions.
        """
        found = self._loaders_and_captions()
        usable = {name: one for name, one in found.items() if not isinstance(one, Broken)}
        parts = self._captions_by_split({name: captions for name, (_, captions) in usable.items()})
        labels = {name: label for label, name in enumerate(self.classes)}
        for name, one in found.items():
            if isinstance(one, Broken):
                yield one
                continue
            for split, captions in parts[name].items():
                # A name is unique in the whole data set.
                item = f"{split}/{name}" if self.split == "pairs" else name
                yield Item(item, split, one[0], captions, labels[name.split("/")[0]])
        yield from self._orphans()
        divided = sum(len(part) > 1 for part in parts.values())
        if divided:
            yield Note(
                f"note: {divided:,} of {len(parts):,} pictures are in several splits, each time "
                "with other captions: scores on val and test also reward learning by heart."
            )

    def _loaders_and_captions(self) -> dict[str, tuple[Load, tuple[str, ...]] | Broken]:
        """How each picture is loaded, and its captions."""
        boxes = self._table("bounding_boxes.txt")
        found: dict[str, tuple[Load, tuple[str, ...]] | Broken] = {}
        for number, name in self._pictures.items():
            species = name.split("/")[0]
            try:
                if species not in self.classes:
                    raise InputError(f"{self.root / 'classes.txt'}: has no class {species!r}.")
                if outside := why_outside(name):
                    raise InputError(f"{self.root / 'images.txt'}: {name} {outside}.")
                captions = read_captions(self.caption_root / Path(name).with_suffix(".txt"))
                load = partial(_load, self.root / "images" / name, self._box(boxes, number))
            except InputError as error:
                found[name] = Broken(error)
                continue
            found[name] = load, captions
        return found

    def _captions_by_split(
        self, captions: dict[str, tuple[str, ...]]
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        """The captions of each picture in each split that it is in."""
        if self.split == "pairs":
            return divided_pairs(captions, _SHARES, self.seed)
        splits = self._splits()
        return {name: {splits[name]: texts} for name, texts in captions.items()}

    def _orphans(self) -> Iterator[Broken]:
        """Caption files of these species that no picture belongs to."""
        known = {str(Path(name).with_suffix("")) for name in self._pictures.values()}
        for species in self.classes:
            folder = self.caption_root / species
            files = files_below(folder).named(".txt") if folder.is_dir() else []
            for name in files:
                if str(Path(species, name).with_suffix("")) not in known:
                    yield Broken(f"{folder / name}: a caption file without picture.")

    def _splits(self) -> dict[str, str]:
        if self.split == "thesis":
            groups = {name: name.split("/")[0] for name in self._pictures.values()}
            return stratified(groups, _SHARES, self.seed)
        file = Path(__file__).with_name("cub_class_split.json")
        lists = json.loads(file.read_text("utf-8"))
        of_species = {name: split for split in ("train", "test") for name in lists[split]}
        unknown = sorted(set(self.classes) - set(of_species))
        if unknown:
            raise InputError(
                f"The class-disjoint split has no species {unknown[0]!r}; use `--split thesis` or "
                "`--split pairs`."
            )
        return {name: of_species[name.split("/")[0]] for name in self._pictures.values()}

    @cached_property
    def _pictures(self) -> dict[str, str]:
        """Numbers and names of images.txt whose class folder is here.

        A copy may hold some species only; a picture missing from a species that is here is an
        error, reported when it is loaded.
        """
        table = self._table("images.txt")
        folders = {p.name for p in (self.root / "images").glob("*") if p.is_dir()}
        pictures = {n: name for n, name in table.items() if name.split("/")[0] in folders}
        if not pictures:
            raise InputError(f"{self.root / 'images'}: holds none of the folders of images.txt.")
        return pictures

    def _box(self, boxes: dict[str, str], number: str) -> _Bounds:
        try:
            left, upper, width, height = (float(value) for value in boxes[number].split())
            if not (math.isfinite(left + upper + width + height) and min(width, height) > 0):
                raise ValueError("no box")
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{self.root / 'bounding_boxes.txt'}: picture {number} needs `x y width height`, "
                f"a box of some size. Received: {boxes.get(number)!r}."
            ) from error
        return left, upper, width, height

    def _table(self, name: str) -> dict[str, str]:
        """Read the lines `number value…` of one of the index files."""
        path = self.root / name
        table: dict[str, str] = {}
        for line_number, line in filled_lines(read_text(path)):
            key, _, value = line.strip().partition(" ")
            place = f"{path}, line {line_number}"
            if not value:
                raise InputError(f"{place}: must be `number value`. Received: {line!r}.")
            if key in table:
                raise InputError(f"{place}: the number {key} appears twice. Received: {line!r}.")
            table[key] = value.strip()
        return table


def _load(path: Path, box: _Bounds, side: int) -> np.ndarray:
    image = open_picture(path)
    left, upper, width, height = box
    centre = (left + width / 2, upper + height / 2)
    return resized(image, side, square_about(image.size, centre, _CONTEXT * max(width, height)))
