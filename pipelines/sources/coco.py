"""COCO's photographs with their captions."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from ..attribute import Attribute
from ..errors import InputError
from ..names import why_outside
from ..schema_file import parse_json
from ..text_file import read_text
from .captions import clean_caption
from .files import load_square
from .folders import file_splits
from .item import Broken, Item

_BEGIN = "captions_"


@dataclass(frozen=True)
class Coco:
    """COCO with its five captions of each picture, in its official layout (Chen et al. 2015).

    Each `captions_NAME.json`, such as captions_train2017.json, describes the pictures in the folder
    NAME, and says their split by its name. A picture becomes its central square.

    Args:
        source: Folder that holds annotations/ with the lists of captions (or the lists
            themselves), and the folders of pictures (perhaps in images/).
    """

    source: Path

    name: ClassVar[str] = "coco"
    licence: ClassVar[str] = "COCO: captions CC-BY-4.0; each picture has its own licence"
    preset: ClassVar[str] = "self-attention-gan-narrow"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = ()

    def items(self) -> Iterator[Item | Broken]:
        """Yield the pictures of each list in its order, with the reason in place of a broken one.

        Raises:
            InputError: No list, a list in another form, or no folder of its pictures.
        """
        lists = self._lists()
        splits = file_splits(list(lists))
        for name, path in lists.items():
            split, folder = splits.get(name, "train"), self._folder(name)
            pictures, captions, broken = _read(path)
            yield from broken
            for number, file in pictures.items():
                if not captions[number]:
                    yield Broken(f"{path}, {file}: the picture has no caption.")
                    continue
                load = partial(load_square, folder / file)
                yield Item(f"{folder.name}/{file}", split, load, tuple(captions[number]))

    def _lists(self) -> dict[str, Path]:
        """The lists of captions by the names of their folders of pictures."""
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        for folder in (self.source / "annotations", self.source):
            if found := sorted(folder.glob(f"{_BEGIN}*.json")):
                return {path.stem.removeprefix(_BEGIN): path for path in found}
        raise InputError(
            f"--source {self.source}: neither it nor its annotations/ holds {_BEGIN}….json."
        )

    def _folder(self, name: str) -> Path:
        for folder in (self.source / name, self.source / "images" / name):
            if folder.is_dir():
                return folder
        raise InputError(
            f"--source {self.source}: has no folder {name} with the pictures of "
            f"{_BEGIN}{name}.json."
        )


def _read(path: Path) -> tuple[dict[Any, str], dict[Any, list[str]], list[Broken]]:
    """A list's pictures by number, their captions, and the entries that cannot be used."""
    try:
        held = parse_json(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}).") from error
    pictures: dict[Any, str] = {}
    captions: dict[Any, list[str]] = defaultdict(list)
    broken: list[Broken] = []
    for place, image in _entries(path, held, "images"):
        file, number = image.get("file_name"), image.get("id")
        if not isinstance(file, str) or not file or not isinstance(number, int):
            broken.append(Broken(f"{place}: needs `id` and `file_name`. Received: {image!r}."))
        elif outside := why_outside(file):
            broken.append(Broken(f"{place}: {file} {outside}."))
        elif number in pictures:
            broken.append(Broken(f"{place}: the number {number} is {pictures[number]}'s already."))
        else:
            pictures[number] = file
    for place, note in _entries(path, held, "annotations"):
        text, number = note.get("caption"), note.get("image_id")
        if not isinstance(text, str) or not clean_caption(text):
            broken.append(Broken(f"{place}: the caption is empty or no text. Received: {text!r}."))
        elif not isinstance(number, int) or number not in pictures:
            broken.append(Broken(f"{place}: no picture has the number {number!r}."))
        else:
            captions[number].append(clean_caption(text))
    return pictures, captions, broken


def _entries(path: Path, held: Any, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    entries = held.get(name) if isinstance(held, dict) else None
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise InputError(
            f"{path}: must be COCO's form, with the lists `images` and `annotations`; "
            f"`{name}` is not one of objects."
        )
    for number, entry in enumerate(entries, 1):
        yield f"{path}, {name} {number}", entry
