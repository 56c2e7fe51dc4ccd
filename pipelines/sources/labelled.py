"""A folder of pictures with a table of labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..attribute import Attribute
from ..attributes import MONTAGE, AttributeSchema
from ..errors import InputError
from ..file_listing import FileListing, files_below
from ..images import open_picture, resized
from ..names import relative_name
from ..schema_file import load_schema, parse_json
from ..spelling import key, split_names
from ..text_file import csv_rows, filled_lines, read_text
from .item import Broken, Item, Note
from .splits import held_out, stratified

TABLES = ("labels.csv", "labels.json", "labels.jsonl")
_SPLITS = ("train", "val", "test")
_SMALLEST = 8


@dataclass(frozen=True)
class Row:
    """A picture in the table.

    Args:
        place: File and line, for messages.
        file: The picture, relative to the source.
        labels: Labels by any of their names; in a table with a column for each group, as `group:
            label`.
        split: Name of its split, if the table states one.
    """

    place: str
    file: str
    labels: tuple[str, ...]
    split: str | None


@dataclass(frozen=True)
class Labelled:
    """Any pictures with their labels in a table.

    labels.csv has the columns `file`, perhaps `split`, and either `labels` ("female, wavy, double
    eyelid") or a column for each group. labels.json has {"picture.png": ["female", …]} or a list of
    {"file": …, "labels": […], "split": …}; labels.jsonl has such an object in each line.

    Args:
        source: The folder.
        labels: The table; by default labels.csv, .json or .jsonl in the folder.
        schema: A JSON file of the groups of labels. By default the 12 labels of the PSC-GAN paper,
            in English or Korean, or what the columns of the table hold.
        test_share: Share of the pictures of each combination for the split `test`, where the table
            states no splits.
        seed: Seed of the division into splits.
    """

    source: Path
    labels: Path | None = None
    schema: Path | None = None
    test_share: float = 0.1
    seed: int = 0

    name: ClassVar[str] = "labelled"
    licence: ClassVar[str] = "as the pictures' owner says"
    preset: ClassVar[str] = "psc-gan"
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The groups of labels."""
        return self._schema.attributes

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the pictures in the order of the table, then what deserves a look.

        Raises:
            InputError: A table or schema that is missing or wrong; labels without a schema.
        """
        schema = self._schema
        vectors = {row.file: _vector(schema, row) for row in self._rows}
        splits = self._splits({f: v for f, v in vectors.items() if not isinstance(v, Broken)})
        for row in self._rows:
            vector, path = vectors[row.file], self._files.path(row.file)
            if isinstance(vector, Broken):
                yield vector
            elif missing := self._files.why_missing(row.file):
                yield Broken(f"{row.place}: {missing}: {path}.")
            else:
                text, columns = schema.describe(vector), schema.columns(vector)
                load = partial(load_picture, path)
                yield Item(row.file, splits[row.file], load, (text or "none",), attributes=columns)
        yield from self._notes()

    def _notes(self) -> Iterator[Note]:
        if self.schema is None and self._unknown:
            groups = ", ".join(f"{a.name} ({len(a.values)})" for a in self.attributes)
            yield Note(
                f"{self._table.name}: {self._unknown[1]!r} is not built in, so the columns make "
                f"the groups of labels: {groups}."
            )
        named = {row.file for row in self._rows}
        pictures = self._files.pictures
        unnamed = sum(name not in named for name in pictures) + len(self._files.unusable_pictures)
        if unnamed:
            yield Note(f"{unnamed:,} pictures left out: {self._table.name} does not name them.")
        tables = {Path(name).suffix for name in TABLES}
        yield from map(Note, self._files.left_out({*pictures, *named}, tables))

    @cached_property
    def _files(self) -> FileListing:
        return files_below(self.source)

    @cached_property
    def _schema(self) -> AttributeSchema:
        if self.schema is not None:
            return load_schema(self.schema)
        if self._unknown is None:
            return MONTAGE
        groups: dict[str, dict[str, str]] = {}
        for row in self._rows:
            for label in row.labels:
                group, separator, value = label.partition(": ")
                if not separator:
                    raise InputError(_not_built_in(*self._unknown))
                groups.setdefault(group, {}).setdefault(key(value), value)
        try:
            return AttributeSchema(
                tuple(Attribute(g, tuple(sorted(values.values()))) for g, values in groups.items())
            )
        except InputError as error:
            raise InputError(f"{self._table}: {error}") from error

    @cached_property
    def _unknown(self) -> tuple[Row, str] | None:
        """The first label that is not built in, with its row."""
        named = ((row, label) for row in self._rows for label in row.labels)
        return next((pair for pair in named if key(pair[1]) not in MONTAGE.names), None)

    @cached_property
    def _table(self) -> Path:
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        if self.labels is not None:
            return self.labels
        found = [self.source / name for name in TABLES if (self.source / name).exists()]
        if len(found) != 1:
            what = "no" if not found else "more than one"
            raise InputError(f"{self.source}: holds {what} table of labels ({', '.join(TABLES)}).")
        return found[0]

    @cached_property
    def _rows(self) -> list[Row]:
        readers = {".csv": _csv_rows, ".json": _json_rows, ".jsonl": _jsonl_rows}
        if self._table.suffix.lower() not in readers:
            raise InputError(f"{self._table}: must be .csv, .json or .jsonl.")
        rows = list(readers[self._table.suffix.lower()](self._table))
        if not rows:
            raise InputError(f"{self._table}: names no picture.")
        seen: dict[str, str] = {}
        for row in rows:
            if row.file in seen:
                raise InputError(f"{row.place}: {row.file} is named at {seen[row.file]} already.")
            seen[row.file] = row.place
        return rows

    def _splits(self, vectors: dict[str, np.ndarray]) -> dict[str, str]:
        shares = held_out(self.test_share)
        stated = {row.file: row.split for row in self._rows if row.split}
        if stated:
            return {file: stated.get(file, "train") for file in vectors}
        groups = {file: vector.tobytes().hex() for file, vector in vectors.items()}
        return stratified(groups, shares, self.seed)


def load_picture(path: Path, side: int) -> np.ndarray:
    """The largest square in the middle of a picture, resized: uint8 (side, side, 3).

    Raises:
        InputError: Broken, or smaller than 8×8.
    """
    image = open_picture(path)
    if min(image.size) < _SMALLEST:
        raise InputError(
            f"{path}: a picture must be at least {_SMALLEST}×{_SMALLEST}. "
            f"Received: {image.width}×{image.height}."
        )
    return resized(image, side)


def _vector(schema: AttributeSchema, row: Row) -> np.ndarray | Broken:
    try:
        return schema.encode(row.labels)
    except InputError as error:
        return Broken(f"{row.place}: {error}")


def _not_built_in(row: Row, label: str) -> str:
    try:
        MONTAGE.place(label)
    except InputError as error:
        return f"{row.place}: {error} For other labels than these, say with --schema which."
    raise ValueError(f"{label!r} is built in")


def _csv_rows(path: Path) -> Iterator[Row]:
    rows = csv_rows(path)
    _, names = next(rows, (1, []))
    columns = _group_columns(path, names)
    for number, cells in rows:
        place = f"{path}, line {number}"
        if len(cells) != len(names):
            raise InputError(f"{place}: has other fields than line 1; quote what has commas.")
        row = dict(zip(names, cells, strict=True))
        labels = [] if columns else split_names(row["labels"])
        labels += [f"{c}: {value}" for c in columns for value in _values(row[c])]
        yield _row(place, row["file"].strip(), labels, row.get("split", "").strip() or None)


def _group_columns(path: Path, names: list[str]) -> list[str]:
    """The columns that are groups of labels; none where one column has all labels."""
    columns = [name for name in names if name not in ("file", "split", "labels")]
    if "file" not in names or ("labels" in names) == bool(columns):
        raise InputError(
            f"{path}, line 1: needs the column file, and either labels or a column for each group. "
            f"Received: {names}."
        )
    if len(set(names)) < len(names) or not all(name.strip() for name in names):
        raise InputError(f"{path}, line 1: each column needs a name of its own. Received: {names}.")
    return columns


def _values(cell: str) -> list[str]:
    """The labels of one group, between semicolons."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def _json_rows(path: Path) -> Iterator[Row]:
    text = read_text(path)
    try:
        held = parse_json(text)
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}).") from error
    if isinstance(held, dict):
        for file, labels in held.items():
            yield _entry(f"{path}, {file!r}", {"file": file, "labels": labels})
        return
    if not isinstance(held, list):
        raise InputError(f"{path}: must be an object or a list.")
    for number, entry in enumerate(held, 1):
        yield _entry(f"{path}, entry {number}", entry)


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for number, line in filled_lines(read_text(path)):
        place = f"{path}, line {number}"
        try:
            entry = parse_json(line)
        except ValueError as error:
            raise InputError(f"{place}: not JSON ({error}).") from error
        yield _entry(place, entry)


def _entry(place: str, entry: Any) -> Row:
    if not isinstance(entry, dict):
        raise InputError(f"{place}: must be an object with `file` and `labels`.")
    labels = entry.get("labels")
    if isinstance(labels, str):
        labels = split_names(labels)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"{place}: `labels` must be a list of labels. Received: {labels!r}.")
    return _row(place, entry.get("file"), labels, entry.get("split"))


def _row(place: str, file: Any, labels: list[str], split: Any) -> Row:
    if not isinstance(file, str) or not file:
        raise InputError(f"{place}: `file` must name a picture. Received: {file!r}.")
    if split not in (None, *_SPLITS):
        raise InputError(
            f"{place}: `split` must be one of {', '.join(_SPLITS)}. Received: {split!r}."
        )
    return Row(place, relative_name(file), tuple(labels), split)
