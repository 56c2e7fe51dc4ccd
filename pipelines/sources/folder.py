"""Any folder of pictures with captions."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from pipelines.errors import InputError
from pipelines.images import open_picture, resized
from pipelines.records import Attribute
from pipelines.sources import Broken
from pipelines.sources.captions import read_captions
from pipelines.sources.item import Item
from pipelines.sources.splits import stratified

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
_TABLES = ("captions.jsonl", "captions.csv")


@dataclass
class _Entry:
    """What a table says of one picture."""

    captions: list[str] = field(default_factory=list)
    label: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Folder:
    """Pictures in a folder, at any depth, with captions in one of three forms.

    `captions.jsonl`: lines such as {"file": "a/1.png", "captions": ["…", "…"]} (or "caption": "…"),
    with optional "label" and "split". `captions.csv`: the columns file and caption, a row a
    caption, with optional label and split. Or a text file beside each picture, a caption a line.
    Without labels, pictures that all lie in sub-folders are labelled by their folder. A picture
    becomes its central square.

    Args:
        source: The folder.
        test_share: The share of pictures that is held out where the table names no splits.
        seed: Fixes which.
        source_licence: What to record as the pictures' licence.
    """

    source: Path
    test_share: float = 0.1
    seed: int = 0
    source_licence: str = "not stated"

    name: ClassVar[str] = "folder"

    @property
    def licence(self) -> str:
        """The licence that the user states."""
        return self.source_licence

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """None are known."""
        return ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The labels in alphabetical order."""
        return tuple(sorted(set(self._labels.values())))

    def items(self) -> Iterator[Item | Broken]:
        """The pictures in alphabetical order, then what the table names and the folder lacks."""
        numbers = {name: number for number, name in enumerate(self.classes)}
        splits = self._splits()
        for name in self._pictures:
            try:
                captions = self._captions(name)
            except InputError as error:
                yield Broken(error)
                continue
            label = numbers[self._labels[name]] if self._labels else -1
            yield Item(name, splits[name], partial(_load, self.source / name), captions, label)
        yield from self._orphans()

    def _captions(self, name: str) -> tuple[str, ...]:
        if self._table is None:
            return read_captions((self.source / name).with_suffix(".txt"))
        if name not in self._table:
            raise InputError(f"{self.source / name}: the picture has no caption.")
        return tuple(self._table[name].captions)

    def _orphans(self) -> Iterator[Broken]:
        pictures = set(self._pictures)
        if self._table is not None:
            for name in self._table:
                if name not in pictures:
                    yield Broken(f"{self.source / name}: named with a caption, but no such picture.")
            return
        stems = {str(Path(name).with_suffix("")) for name in pictures}
        for path in sorted(self.source.rglob("*.txt")):
            if str(path.relative_to(self.source).with_suffix("")) not in stems:
                yield Broken(f"{path}: a caption file without picture.")

    @cached_property
    def _pictures(self) -> list[str]:
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        names = sorted(
            p.relative_to(self.source).as_posix()
            for p in self.source.rglob("*")
            if p.suffix.lower() in _SUFFIXES and p.is_file()
        )
        if not names:
            raise InputError(
                f"--source {self.source}: no pictures in it ({', '.join(sorted(_SUFFIXES))})."
            )
        return names

    @cached_property
    def _labels(self) -> dict[str, str]:
        """Label by picture; empty where there are none."""
        if self._table is not None and any(entry.label for entry in self._table.values()):
            for name, entry in self._table.items():
                if entry.label is None:
                    raise InputError(f"{self.source / name}: has no label, though others have.")
            return {n: self._table[n].label if n in self._table else "" for n in self._pictures}
        if all("/" in name for name in self._pictures):
            return {name: str(Path(name).parent) for name in self._pictures}
        return {}

    def _splits(self) -> dict[str, str]:
        if not 0.0 <= self.test_share < 1.0:
            raise InputError(f"--test-share must lie in [0, 1). Received: {self.test_share}.")
        stated = {n: e.split for n, e in (self._table or {}).items() if e.split}
        if stated:
            return {name: stated.get(name, "train") for name in self._pictures}
        groups = {name: self._labels.get(name, "") for name in self._pictures}
        shares = {"train": 1.0 - self.test_share, "test": self.test_share}
        return stratified(groups, shares, self.seed)

    @cached_property
    def _table(self) -> dict[str, _Entry] | None:
        """The captions' table, if there is one."""
        found = [self.source / name for name in _TABLES if (self.source / name).exists()]
        if len(found) > 1:
            raise InputError(f"{self.source}: holds both {' and '.join(_TABLES)}; keep one.")
        if not found:
            return None
        read = _jsonl_rows if found[0].suffix == ".jsonl" else _csv_rows
        table: dict[str, _Entry] = {}
        for line, row in read(found[0]):
            _add(table, row, f"{found[0]}, line {line}")
        return table


def _add(table: dict[str, _Entry], row: dict[str, Any], place: str) -> None:
    """Add one row of a table; repeated files add captions."""
    name = row.get("file")
    if not isinstance(name, str) or not name:
        raise InputError(f"{place}: `file` must name a picture. Received: {name!r}.")
    captions = row.get("captions", row.get("caption"))
    captions = [captions] if isinstance(captions, str) else captions
    if not isinstance(captions, list) or not captions:
        raise InputError(f"{place}: `captions` must be texts. Received: {captions!r}.")
    for caption in captions:
        if not isinstance(caption, str) or not caption.strip():
            raise InputError(f"{place}: the caption is empty. Received: {caption!r}.")
    entry = table.setdefault(Path(name).as_posix(), _Entry())
    entry.captions += [" ".join(caption.split()) for caption in captions]
    for key in ("label", "split"):
        value = row.get(key) or None
        if value is None:
            continue
        if getattr(entry, key) not in (None, str(value)):
            raise InputError(
                f"{place}: {name} has the {key} {getattr(entry, key)!r} already. "
                f"Received: {value!r}."
            )
        setattr(entry, key, str(value))


def _jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}, line {number}: not JSON ({error}).") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: must be a JSON object. Received: {line[:80]}")
        yield number, row


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(_lines(path))
    if not {"file", "caption"} <= set(reader.fieldnames or ()):
        raise InputError(
            f"{path}, line 1: needs the columns file and caption. Received: {reader.fieldnames}."
        )
    for row in reader:
        yield reader.line_num, row


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not readable as UTF-8 text ({error}).") from error


def _load(path: Path, side: int) -> np.ndarray:
    return resized(open_picture(path), side)
