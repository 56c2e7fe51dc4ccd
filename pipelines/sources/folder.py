"""Any folder of pictures with captions."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

from ..attribute import Attribute
from ..errors import InputError
from ..file_listing import FileListing, pictures_below
from ..names import composed
from .captions import clean_caption, read_captions
from .files import folder_labels, load_square
from .item import Broken, Item, Note
from .own_folder import OwnFolder
from .splits import held_out, stratified

_TABLES = ("captions.jsonl", "captions.csv")
_BESIDE = {".txt", ".jsonl", ".csv"}  # suffixes of files with captions
_SPLITS = ("train", "val", "test")


@dataclass
class _Entry:
    """Entry of a table for one picture."""

    captions: list[str] = field(default_factory=list)
    label: str | None = None
    split: str | None = None


@dataclass
class _Table:
    """A table of captions by picture, and its rows that cannot be used."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)


@dataclass(frozen=True)
class Folder(OwnFolder):
    """Pictures in a folder, at any depth, with captions in one of three forms.

    `captions.jsonl`: lines such as {"file": "a/1.png", "captions": ["…", "…"]} (or "caption": "…"),
    with optional "label" and "split" (train, val or test). `captions.csv`: the columns file and
    caption, with a row for each caption, and optional label and split. Or a text file beside each
    picture, with a caption in each line. Without labels, pictures that all lie in two or more
    sub-folders are labelled by their folder. Hidden files do not count. A picture becomes its
    central square.
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
        return tuple(self._table.entries[name].captions)

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
        entries = self._table.entries if self._table else {}
        stated = {n: label for n in self._pictures if n in entries and (label := entries[n].label)}
        if stated:
            return stated
        return folder_labels(self._pictures)

    def _splits(self) -> dict[str, str]:
        shares = held_out(self.test_share)
        entries = self._table.entries if self._table else {}
        stated = {name: entry.split for name, entry in entries.items() if entry.split}
        if stated:
            return {name: stated.get(name, "train") for name in self._pictures}
        groups = {name: self._labels.get(name, "") for name in self._pictures}
        return stratified(groups, shares, self.seed)

    @cached_property
    def _table(self) -> _Table | None:
        """The captions' table, if there is one."""
        found = [self.source / name for name in _TABLES if (self.source / name).exists()]
        if len(found) > 1:
            raise InputError(f"{self.source}: holds both {' and '.join(_TABLES)}; keep one.")
        if not found:
            return None
        table = _Table()
        rows = _jsonl_rows if found[0].suffix == ".jsonl" else _csv_rows
        for line, row in rows(found[0]):
            try:
                _add(table.entries, _object(row))
            except InputError as error:
                table.broken.append(Broken(f"{found[0]}, line {line}: {error}"))
        return table


def _jsonl_rows(path: Path) -> Iterator[tuple[int, str]]:
    # Not splitlines: it also ends a line at characters that JSON texts may hold.
    for number, line in enumerate(_text(path).split("\n"), 1):
        if line.strip():
            yield number, line


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(_text(path), newline=""))
    try:
        if not {"file", "caption"} <= set(reader.fieldnames or ()):
            raise InputError(
                f"{path}, line 1: needs the columns file and caption. "
                f"Received: {reader.fieldnames}."
            )
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: not CSV ({error}).") from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error


def _object(row: str | dict[str, Any]) -> dict[str, Any]:
    """Parse a line of JSON; check a row of CSV."""
    if isinstance(row, str):
        try:
            value = json.loads(row)
        except ValueError as error:
            raise InputError(f"not JSON ({error}).") from error
        if not isinstance(value, dict):
            raise InputError(f"must be a JSON object. Received: {row[:80]}")
        return value
    if None in row:
        raise InputError("has more fields than the first line; quote a caption that has commas.")
    return row


def _add(entries: dict[str, _Entry], row: dict[str, Any]) -> None:
    """Add one row of a table, wholly or not at all; repeated files add captions."""
    name = row.get("file")
    if not isinstance(name, str) or not name:
        raise InputError(f"`file` must name a picture. Received: {name!r}.")
    name = composed(Path(name).as_posix())
    captions = _row_captions(row)
    entry = entries.get(name, _Entry())
    label, split = _text_field(row, "label"), _text_field(row, "split")
    if split not in (None, *_SPLITS):
        raise InputError(f"`split` must be one of {', '.join(_SPLITS)}. Received: {split!r}.")
    for key, known, value in (("label", entry.label, label), ("split", entry.split, split)):
        if None not in (known, value) and known != value:
            raise InputError(f"{name} has the {key} {known!r} already. Received: {value!r}.")
    entries[name] = _Entry(entry.captions + captions, label or entry.label, split or entry.split)


def _row_captions(row: dict[str, Any]) -> list[str]:
    captions = row.get("captions", row.get("caption"))
    captions = [captions] if isinstance(captions, str) else captions
    if not isinstance(captions, list) or not captions:
        raise InputError(f"`captions` must be texts. Received: {captions!r}.")
    for caption in captions:
        if not isinstance(caption, str) or not clean_caption(caption):
            raise InputError(f"the caption is empty or no text. Received: {caption!r}.")
    return [clean_caption(caption) for caption in captions]


def _text_field(row: dict[str, Any], key: str) -> str | None:
    """Read an optional field: a text, or a number such as 0."""
    value = row.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise InputError(f"`{key}` must be a text or a whole number. Received: {value!r}.")
    return None if value is None else str(value).strip() or None
