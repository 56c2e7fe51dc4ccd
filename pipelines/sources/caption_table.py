"""Tables of captions beside pictures, in this project's form and in that of Hugging Face."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..names import relative_name
from ..schema_file import parse_json
from ..text_file import csv_rows, filled_lines, read_text
from .captions import captions_of_row
from .item import Broken
from .splits import SPLITS


@dataclass(frozen=True)
class _Form:
    """Names of a table's fields.

    Args:
        file: Field with the picture, relative to the table.
        captions: Fields of which one has the captions; the first is the usual one.
        column: Usual one of a CSV file.
    """

    file: str
    captions: tuple[str, ...]
    column: str


_OWN = _Form("file", ("captions", "caption"), "caption")
_IMAGEFOLDER = _Form("file_name", ("text", "caption"), "text")
_FORMS = {
    "captions.jsonl": _OWN,
    "captions.csv": _OWN,
    "metadata.jsonl": _IMAGEFOLDER,
    "metadata.csv": _IMAGEFOLDER,
}


@dataclass(frozen=True)
class Entry:
    """Captions, class and split of a picture, as far as a table states them.

    Args:
        captions: Captions of all rows that name it.
        label: Name of its class, if one is stated.
        split: Name of its split, if one is stated.
    """

    captions: tuple[str, ...] = ()
    label: str | None = None
    split: str | None = None


@dataclass
class CaptionTable:
    """Entries by picture, and the rows that cannot be used."""

    entries: dict[str, Entry] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)

    def read(self, path: Path, folder: str = "", split: str | None = None) -> None:
        """Add a table's rows; those that name a picture again add captions to it.

        Args:
            path: The table, named as one of `_FORMS`.
            folder: Folder of the table, relative to the source, in front of the pictures' names.
            split: Split of the rows that state none.

        Raises:
            InputError: A table that cannot be read as a whole.
        """
        form = _FORMS[path.name]
        rows = _jsonl_rows if path.suffix == ".jsonl" else _csv_rows
        for line, row in rows(path, form):
            try:
                name, entry = _entry(row if isinstance(row, dict) else _object(row), form)
                self._add(relative_name((Path(folder) / name).as_posix()), entry, split)
            except InputError as error:
                self.broken.append(Broken(f"{path}, line {line}: {error}"))

    def _add(self, name: str, new: Entry, split: str | None) -> None:
        """Add one row, wholly or not at all."""
        old = self.entries.get(name, Entry())
        for key in ("label", "split"):
            known, value = getattr(old, key), getattr(new, key)
            if None not in (known, value) and known != value:
                raise InputError(f"{name} has the {key} {known!r} already. Received: {value!r}.")
        self.entries[name] = Entry(
            old.captions + new.captions, new.label or old.label, new.split or old.split or split
        )


def table_in(folder: Path) -> Path | None:
    """The table of captions that a folder holds, if there is one.

    Raises:
        InputError: The folder holds several.
    """
    found = [folder / name for name in _FORMS if (folder / name).exists()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise InputError(f"{folder}: holds both {names}; keep one.")
    return found[0] if found else None


def _jsonl_rows(path: Path, form: _Form) -> Iterator[tuple[int, str]]:
    return filled_lines(read_text(path))


def _csv_rows(path: Path, form: _Form) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    rows = csv_rows(path)
    _, names = next(rows, (1, []))
    if form.file not in names or not set(form.captions) & set(names):
        raise InputError(
            f"{path}, line 1: needs the columns {form.file} and {form.column}. Received: {names}."
        )
    if len(set(names)) < len(names):
        raise InputError(f"{path}, line 1: names a column twice. Received: {names}.")
    for line, cells in rows:
        if len(cells) > len(names):
            reason = "has more fields than the first line; quote a caption that has commas."
            yield line, Broken(reason)
        else:
            yield line, dict(zip(names, cells, strict=False))


def _object(row: str) -> dict[str, Any]:
    """Parse a line of JSON; of CSV, raise what makes a row unusable."""
    if isinstance(row, Broken):
        raise InputError(row)
    try:
        value = parse_json(row)
    except ValueError as error:
        raise InputError(f"not JSON ({error}).") from error
    if not isinstance(value, dict):
        raise InputError(f"must be a JSON object. Received: {row[:80]}")
    return value


def _entry(row: dict[str, Any], form: _Form) -> tuple[str, Entry]:
    """The picture that a row names, and what it says about it."""
    name = row.get(form.file)
    if not isinstance(name, str) or not name:
        raise InputError(f"`{form.file}` must name a picture. Received: {name!r}.")
    captions = captions_of_row(row, form.captions)
    label, split = _text_field(row, "label"), _text_field(row, "split")
    if split not in (None, *SPLITS):
        raise InputError(f"`split` must be one of {', '.join(SPLITS)}. Received: {split!r}.")
    return name, Entry(captions, label, split)


def _text_field(row: dict[str, Any], key: str) -> str | None:
    """Read an optional field: a text, or a number such as 0."""
    value = row.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        raise InputError(f"`{key}` must be a text or a whole number. Received: {value!r}.")
    return None if value is None else str(value).strip() or None
