"""Any folder of pictures with captions."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

from ..attribute import Attribute
from ..errors import InputError
from ..file_listing import FileListing, pictures_below
from .caption_table import CaptionTable, Entry, table_in
from .captions import read_captions
from .files import load_square
from .folders import folder_classes, folder_splits
from .item import Broken, Item, Note
from .own_folder import OwnFolder
from .splits import held_out, split_called, stratified

_BESIDE = {".txt", ".jsonl", ".csv"}  # suffixes of files with captions


@dataclass(frozen=True)
class Folder(OwnFolder):
    """Pictures in a folder, at any depth, with captions in one of four forms.

    `captions.jsonl`: lines such as {"file": "a/1.png", "captions": ["…", "…"]} (or "caption": "…"),
    with optional "label" and "split" (train, val or test). `captions.csv`: the columns file and
    caption, with a row for each caption, and optional label and split. `metadata.jsonl` or
    `metadata.csv` of Hugging Face's imagefolder: the same with file_name and text, perhaps in each
    of the folders train, validation and test. Or a text file beside each picture, with a caption in
    each line. Pictures that all lie in folders named after splits are divided so. Without labels,
    pictures that all lie in two or more sub-folders are labelled by their folder. Hidden files do
    not count. A picture becomes its central square.
    """

    name: ClassVar[str] = "folder"
    preset: ClassVar[str] = "self-attention-gan-narrow"

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """No attributes are known."""
        return ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The labels in alphabetical order."""
        return tuple(sorted(set(self._labels.values())))

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield unusable rows of the table, the pictures by name, captions without picture.

        Last comes what is left out.
        """
        yield from self._table.broken if self._table else ()
        yield from map(Broken, self._files.unusable_pictures)
        numbers = {name: number for number, name in enumerate(self.classes)}
        splits = self._splits()
        for name in self._pictures:
            try:
                captions = self._captions(name)
            except InputError as error:
                yield Broken(error)
                continue
            if self._labels and name not in self._labels:
                yield Broken(f"{self.source / name}: has no label, though others have.")
                continue
            label = numbers[self._labels[name]] if self._labels else -1
            load = partial(load_square, self._files.path(name))
            yield Item(name, splits[name], load, captions, label)
        yield from self._orphans()
        yield from map(Note, self._files.left_out(self._pictures, _BESIDE))

    def _captions(self, name: str) -> tuple[str, ...]:
        if self._table is None:
            return read_captions(self._files.path(str(Path(name).with_suffix(".txt"))))
        if name not in self._table.entries:
            raise InputError(f"{self.source / name}: the picture has no caption.")
        return self._table.entries[name].captions

    def _orphans(self) -> Iterator[Broken]:
        if self._table is not None:
            for name in sorted(self._table.entries.keys() - set(self._pictures)):
                why = self._files.why_no_picture(name)
                yield Broken(f"{self.source / name}: named with a caption, but {why}.")
            return
        stems = {str(Path(name).with_suffix("")) for name in self._pictures}
        for name in self._files.named(".txt"):
            if str(Path(name).with_suffix("")) not in stems:
                yield Broken(f"{self.source / name}: a caption file without picture.")

    @cached_property
    def _files(self) -> FileListing:
        return pictures_below(self.source)

    @property
    def _pictures(self) -> list[str]:
        return self._files.pictures

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Label by picture; empty where there are no classes."""
        entries = self._entries
        stated = {n: label for n in self._pictures if n in entries and (label := entries[n].label)}
        return stated or folder_classes(self._pictures)

    def _splits(self) -> dict[str, str]:
        shares = held_out(self.test_share)
        stated = {name: entry.split for name, entry in self._entries.items() if entry.split}
        if stated:
            return {name: stated.get(name, "train") for name in self._pictures}
        groups = {name: self._labels.get(name, "") for name in self._pictures}
        return folder_splits(self._pictures) or stratified(groups, shares, self.seed)

    @property
    def _entries(self) -> dict[str, Entry]:
        return self._table.entries if self._table else {}

    @cached_property
    def _table(self) -> CaptionTable | None:
        """The captions' table, if there is one: in the folder, or in those of its splits."""
        folders = {name.split("/")[0] for name in self._pictures if "/" in name}
        inner = [self.source / name for name in sorted(folders) if split_called(name)]
        table = CaptionTable()
        if file := table_in(self.source):
            table.read(file)
            return table
        files = [file for file in map(table_in, inner) if file]
        splits = {file: split_called(file.parent.name) for file in files}
        for file, split in splits.items():
            table.read(file, file.parent.name, split if len(set(splits.values())) > 1 else None)
        return table if files else None
