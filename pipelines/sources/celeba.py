"""CelebA: photographs of faces with forty attributes."""

import csv
import difflib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipelines.attributes import AttributeSchema
from pipelines.errors import InputError
from pipelines.images import SUFFIXES
from pipelines.records import Attribute
from pipelines.schema_file import load_sourced_schema
from pipelines.sources import Broken, Note
from pipelines.sources.captions import read_captions
from pipelines.sources.item import Item
from pipelines.sources.labelled import load_picture
from pipelines.sources.splits import stratified

_SPLITS = {"0": "train", "1": "val", "2": "test"}
_LABELS = {
    "gender": {"male": "Male", "female": "-Male"},
    "hair": {
        "straight": "Straight_Hair",
        "wavy": "Wavy_Hair",
        "bangs": "Bangs",
        "receding": "Receding_Hairline",
        "bald": "Bald",
    },
    "eyes": {
        "narrow": "Narrow_Eyes",
        "bags": "Bags_Under_Eyes",
        "eyeglasses": "Eyeglasses",
        "arched brows": "Arched_Eyebrows",
        "bushy brows": "Bushy_Eyebrows",
    },
}


@dataclass(frozen=True)
class CelebA:
    """CelebA in its official layout, whole or in part (Liu et al. 2015).

    Only pictures with exactly one label of each group are taken: by default 2 + 5 + 5 labels, the
    nearest that CelebA has to those of the PSC-GAN paper.

    Args:
        source: The folder of list_attr_celeba.txt (or .csv) and of a picture folder img….
        schema: A JSON file of other labels: {"groups": [{"name": "gender", "labels": {"male":
            "Male", "female": "-Male"}}]}; `"free": true` lets any number of a group's labels hold.
        captions: A folder with a .txt a picture: a caption a line, beside the labels' own.
        seed: Fixes the split where there is no list_eval_partition.
    """

    source: Path
    schema: Path | None = None
    captions: Path | None = None
    seed: int = 0

    name: ClassVar[str] = "celeba"
    licence: ClassVar[str] = "CelebA: non-commercial research"
    preset: ClassVar[str] = "psc-gan"
    classes: ClassVar[tuple[str, ...]] = ()

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The groups of labels."""
        return self._schema[0].attributes

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield how many pictures are left out, then the others in the order of the list."""
        schema = self._schema[0]
        vectors, notes = self._sorted()
        yield from notes
        splits = self._splits(vectors)
        for name, vector in vectors.items():
            path = self._pictures / name
            try:
                captions = (schema.describe(vector) or "a face", *self._captions(name))
                if not path.is_file():
                    raise InputError(f"{path}: no such picture, though {self._list} names it.")
            except InputError as error:
                yield Broken(error)
                continue
            load = partial(load_picture, path)
            columns = schema.columns(vector)
            yield Item(name, splits[name], load, captions, attributes=columns)

    def _sorted(self) -> tuple[dict[str, np.ndarray], list[Note]]:
        """The labels of the pictures that have one of each group, and what is said of the rest."""
        schema, expressions = self._schema
        left_out: Counter[str] = Counter()
        vectors = {}
        for name, row in self._table.items():
            held = [label for label, e in expressions.items() if _holds(e, row)]
            wrong = [
                group.name
                for group in schema.attributes
                if not group.free and _count(schema, group, held) != 1
            ]
            if wrong:
                left_out[wrong[0]] += 1
            else:
                vectors[name] = schema.encode(held)
        if not vectors:
            raise InputError(f"{self._list}: no picture has exactly one label of each group.")
        return vectors, [
            Note(f"{count:,} pictures left out: not exactly one label of {group!r}.")
            for group, count in left_out.items()
        ]

    @cached_property
    def _schema(self) -> tuple[AttributeSchema, dict[str, str]]:
        if self.schema is None:
            groups = tuple(Attribute(name, tuple(labels)) for name, labels in _LABELS.items())
            expressions = {k: e for labels in _LABELS.values() for k, e in labels.items()}
            return AttributeSchema(groups), expressions
        schema, expressions = load_sourced_schema(self.schema)
        known = next(iter(self._table.values()))
        for label, expression in expressions.items():
            attribute = expression.removeprefix("-")
            if attribute not in known:
                near = difflib.get_close_matches(attribute, known, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise InputError(
                    f"{self.schema}: {label!r} asks for the attribute {attribute!r}, which "
                    f"{self._list} does not have.{hint}"
                )
        return schema, expressions

    @cached_property
    def _list(self) -> Path:
        return self._file("list_attr_celeba")

    @cached_property
    def _table(self) -> dict[str, dict[str, bool]]:
        """Attributes of each picture, by name."""
        table = {}
        lines = _rows(self._list)
        _, names = next(lines, (0, []))
        for number, (name, *values) in lines:
            place = f"{self._list}, line {number}"
            if len(values) != len(names):
                raise InputError(
                    f"{place}: {name} needs {len(names)} values. Received: {len(values)}."
                )
            if not set(values) <= {"1", "-1"}:
                wrong = next(v for v in values if v not in ("1", "-1"))
                raise InputError(f"{place}: values must be 1 or -1. Received: {wrong!r}.")
            if name in table:
                raise InputError(f"{place}: {name} appears twice.")
            table[name] = {n: v == "1" for n, v in zip(names, values, strict=True)}
        if not table:
            raise InputError(f"{self._list}: names no picture.")
        return table

    def _splits(self, vectors: dict[str, np.ndarray]) -> dict[str, str]:
        """From list_eval_partition, or 80/10/10 of each combination."""
        try:
            file = self._file("list_eval_partition")
        except InputError:
            groups = {name: vector.tobytes().hex() for name, vector in vectors.items()}
            return stratified(groups, {"train": 0.8, "val": 0.1, "test": 0.1}, self.seed)
        table = {}
        for number, row in _rows(file, header=file.suffix == ".csv"):
            if len(row) != 2 or row[1] not in _SPLITS:
                raise InputError(
                    f"{file}, line {number}: must be a picture and 0 (train), 1 (val) or 2 (test). "
                    f"Received: {' '.join(row)!r}."
                )
            table[row[0]] = _SPLITS[row[1]]
        missing = [name for name in vectors if name not in table]
        if missing:
            raise InputError(f"{file}: does not name {missing[0]}, which {self._list} has.")
        return table

    @cached_property
    def _pictures(self) -> Path:
        """The folder that holds the pictures, which may lie in one of the same name."""
        folders = [p for p in sorted(self.source.glob("img*")) if p.is_dir()]
        folders += [inner for p in folders for inner in sorted(p.glob("img*")) if inner.is_dir()]
        for folder in folders:
            if any(p.suffix.lower() in SUFFIXES for p in folder.iterdir()):
                return folder
        raise InputError(f"--source {self.source}: has no folder img… with pictures.")

    def _captions(self, name: str) -> tuple[str, ...]:
        if self.captions is None:
            return ()
        if not self.captions.is_dir():
            raise InputError(f"--captions {self.captions}: no such folder.")
        file = self.captions / Path(name).with_suffix(".txt")
        return read_captions(file) if file.exists() else ()

    def _file(self, stem: str) -> Path:
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        for suffix in (".txt", ".csv"):
            if (self.source / f"{stem}{suffix}").exists():
                return self.source / f"{stem}{suffix}"
        raise InputError(f"--source {self.source}: has no {stem}.txt (or .csv).")


def _holds(expression: str, row: dict[str, bool]) -> bool:
    return not row[expression[1:]] if expression.startswith("-") else row[expression]


def _count(schema: AttributeSchema, group: Attribute, held: list[str]) -> int:
    return sum(label in held for label in schema.labels[schema.part(group.name)])


def _rows(path: Path, header: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of a list: of the attributes' first their names, then a picture a row."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the list is missing or unreadable.") from error
    if path.suffix == ".csv":
        for number, row in enumerate(csv.reader(io.StringIO(text)), 1):
            if number == 1:
                if not header:
                    yield number, row[1:]
            elif row:
                yield number, row
        return
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        # The first line of the attributes' list is the number of pictures.
        if words and not (number == 1 and len(words) == 1):
            yield number, words
