"""CelebA: photographs of faces with forty attributes."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..attribute import Attribute
from ..attributes import AttributeSchema
from ..errors import InputError
from ..names import why_outside
from ..picture_formats import suffixes
from ..schema_file import load_celeba_schema
from ..text_file import csv_rows, filled_lines, read_text
from .captions import read_captions
from .item import Broken, Item, Note
from .labelled import load_picture
from .splits import stratified

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
class _Attributes:
    """list_attr_celeba: the N pictures, the A attributes, and bool (N, A): which hold."""

    pictures: list[str]
    names: list[str]
    holds: np.ndarray


@dataclass(frozen=True)
class CelebA:
    """CelebA in its official layout, whole or in part (Liu et al. 2015).

    Only pictures with exactly one label of each group are taken: by default 2 + 5 + 5 labels, the
    nearest that CelebA has to those of the PSC-GAN paper. A picture becomes its central square.

    Args:
        source: Folder with list_attr_celeba.txt (or .csv; perhaps in Anno/), a picture folder img…
            and perhaps list_eval_partition.
        schema: A JSON file of other labels: {"groups": [{"name": "gender", "labels": {"male":
            "Male", "female": "-Male"}}]}; `"free": true` lets any number of a group's labels hold.
        captions: Folder with a .txt for each picture, with a caption in each line, in addition to
            those made of labels.
        seed: Seed of the splits where there is no list_eval_partition.
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
        """Yield how many pictures are left out, then the others in the order of the list.

        Raises:
            InputError: A list, folder or schema that is missing or wrong; no picture is left.
        """
        schema, vectors = self._schema[0], self._vectors()
        if self.captions is not None and not self.captions.is_dir():
            raise InputError(f"--captions {self.captions}: no such folder.")
        single = {
            group.name: vectors[:, schema.part(group.name)].sum(1) == 1
            for group in schema.attributes
            if not group.free
        }
        kept = np.all([np.ones(len(vectors), bool), *single.values()], axis=0)
        yield from self._left_out(single, kept)
        rows = np.flatnonzero(kept)
        labels = {self._list.pictures[row]: vectors[row] for row in rows}
        splits = self._splits({name: schema.describe(vector) for name, vector in labels.items()})
        for name, vector in labels.items():
            path = self._folder / name
            try:
                if outside := why_outside(name):
                    raise InputError(f"{self._list_file}: {name} {outside}.")
                captions = (schema.describe(vector) or "a face", *self._captions(name))
            except InputError as error:
                yield Broken(error)
                continue
            if path.is_file():
                load, columns = partial(load_picture, path), schema.columns(vector)
                yield Item(name, splits[name], load, captions, attributes=columns)
            else:
                yield Broken(f"{path}: no such picture, though {self._list_file} names it.")

    def _left_out(self, single: dict[str, np.ndarray], kept: np.ndarray) -> Iterator[Note]:
        """Say how many pictures do not qualify, and for which groups."""
        if not kept.any():
            raise InputError(f"{self._list_file}: no picture has exactly one label of each group.")
        if not kept.all():
            why = [f"{name} ({(~one).sum():,})" for name, one in single.items() if not one.all()]
            yield Note(
                f"{(~kept).sum():,} of {len(kept):,} pictures left out: not exactly one label of "
                f"{', '.join(why)}."
            )

    def _vectors(self) -> np.ndarray:
        """The labels of all listed pictures, float32 (N, n), whether they qualify or not."""
        schema, expressions = self._schema
        places = []
        for label in schema.labels:
            attribute = expressions[label].removeprefix("-")
            if attribute not in self._list.names:
                near = difflib.get_close_matches(attribute, self._list.names, 1)
                raise InputError(
                    f"{self.schema or 'the labels by default'}: {label!r} asks for the attribute "
                    f"{attribute!r}, which {self._list_file} does not have."
                    + (f" Did you mean {near[0]!r}?" if near else "")
                )
            places.append(self._list.names.index(attribute))
        opposite = [expressions[label].startswith("-") for label in schema.labels]
        return (self._list.holds[:, places] != opposite).astype("float32")

    @cached_property
    def _schema(self) -> tuple[AttributeSchema, dict[str, str]]:
        """The labels, and the attribute that each is, or is not."""
        if self.schema is not None:
            return load_celeba_schema(self.schema)
        groups = tuple(Attribute(name, tuple(labels)) for name, labels in _LABELS.items())
        expressions = {k: e for labels in _LABELS.values() for k, e in labels.items()}
        return AttributeSchema(groups), expressions

    @cached_property
    def _list_file(self) -> Path:
        file = self._file("list_attr_celeba")
        if file is None:
            raise InputError(f"--source {self.source}: has no list_attr_celeba.txt (or .csv).")
        return file

    @cached_property
    def _list(self) -> _Attributes:
        file, lines, held = self._list_file, dict[str, int](), list[np.ndarray]()
        rows = _rows(file)
        number, names = next(rows, (1, []))
        if file.suffix == ".csv":
            names = names[1:]
        elif len(names) == 1 and names[0].isdigit():  # the number of pictures
            number, names = next(rows, (2, []))
        if len(set(names)) < len(names) or not all(names):
            raise InputError(f"{file}, line {number}: must name the attributes, each once.")
        for number, (name, *values) in rows:
            place = f"{file}, line {number}"
            if name in lines:
                raise InputError(f"{place}: {name} appears twice, first in line {lines[name]}.")
            if len(values) != len(names):
                raise InputError(
                    f"{place}: {name} needs {len(names)} values. Received: {len(values)}."
                )
            if not set(values) <= {"1", "-1"}:
                wrong = next(v for v in values if v not in ("1", "-1"))
                raise InputError(f"{place}: values must be 1 or -1. Received: {wrong!r}.")
            lines[name] = number
            held.append(np.array([value == "1" for value in values], bool))
        if not lines:
            raise InputError(f"{file}: names no picture.")
        return _Attributes(list(lines), names, np.stack(held))

    def _splits(self, combinations: dict[str, str]) -> dict[str, str]:
        """Splits from list_eval_partition, or 80/10/10 of each combination."""
        file = self._file("list_eval_partition")
        if file is None:
            return stratified(combinations, {"train": 0.8, "val": 0.1, "test": 0.1}, self.seed)
        table: dict[str, str] = {}
        for number, row in _rows(file):
            if number == 1 and file.suffix == ".csv":
                continue
            if len(row) != 2 or row[1] not in _SPLITS:
                raise InputError(
                    f"{file}, line {number}: must be a picture and 0 (train), 1 (val) or 2 (test). "
                    f"Received: {' '.join(row)!r}."
                )
            if row[0] in table:
                raise InputError(f"{file}, line {number}: {row[0]} appears twice.")
            table[row[0]] = _SPLITS[row[1]]
        missing = [name for name in combinations if name not in table]
        if missing:
            raise InputError(f"{file}: does not name {missing[0]}, which {self._list_file} has.")
        return table

    @cached_property
    def _folder(self) -> Path:
        """The folder that holds the pictures, which may lie in one of the same name."""
        outer = _picture_folders(self.source)
        for folder in (*outer, *(inner for each in outer for inner in _picture_folders(each))):
            if any(path.suffix.lower() in suffixes() for path in folder.iterdir()):
                return folder
        raise InputError(f"--source {self.source}: has no folder img… with pictures.")

    def _captions(self, name: str) -> tuple[str, ...]:
        if self.captions is None:
            return ()
        file = self.captions / Path(name).with_suffix(".txt")
        return read_captions(file) if file.exists() else ()

    def _file(self, stem: str) -> Path | None:
        """A list, which may lie in the folder that it is published in."""
        if not self.source.is_dir():
            raise InputError(f"--source {self.source}: no such folder.")
        folders = (self.source, self.source / "Anno", self.source / "Eval")
        paths = (folder / f"{stem}{suffix}" for folder in folders for suffix in (".txt", ".csv"))
        return next((path for path in paths if path.is_file()), None)


def _picture_folders(parent: Path) -> list[Path]:
    return sorted(p for p in parent.iterdir() if p.is_dir() and p.name.lower().startswith("img"))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The numbered lines of a list that hold something, in their parts."""
    if path.suffix == ".txt":
        for number, line in filled_lines(read_text(path)):
            yield number, line.split()
    else:
        for number, cells in csv_rows(path):
            yield number, [cell.strip() for cell in cells]
