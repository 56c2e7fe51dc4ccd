"""Montage faces, as AI-Hub distributes them or with a table of labels."""

import posixpath
import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ..attributes import MONTAGE, AttributeSchema
from ..errors import InputError
from ..names import relative_name
from ..schema_file import load_schema, parse_json
from .item import Broken, Item, Note
from .labelled import TABLES, Labelled, Row

_GENDERS = {"M": "male", "F": "female"}
_ENCODINGS = ("utf-8-sig", "cp949")
_LONGEST = 1000  # characters of a label or a path
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Description:
    """A JSON file of AI-Hub: what one person wrote about a face.

    Args:
        place: The file, for messages.
        picture: The picture in its part of the data, such as `Images/montage/7.png`.
        labels: Gender, type of hair and type of eyelids.
        level: Level of detail, 1 to 3.
    """

    place: str
    picture: str
    labels: tuple[str, ...]
    level: int


@dataclass(frozen=True)
class Montage(Labelled):
    """Montage faces with the 12 labels of the PSC-GAN paper.

    The source is AI-Hub's data set 618 (페르소나 기반의 가상 인물 몽타주 데이터), unpacked:
    pictures in folders `montage`, and JSON files with gender, type of hair and type of eyelids of
    each. Its `Validation` is the split `val`. Otherwise it is what `labelled` reads.
    """

    name: ClassVar[str] = "montage"

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the files that cannot be read, then the pictures.

        Raises:
            InputError: Neither AI-Hub's files nor a table of labels, or a table that is wrong.
        """
        yield from self._described[1] if self._json_files else ()
        yield from super().items()

    @cached_property
    def _json_files(self) -> list[str]:
        """The JSON files of AI-Hub; none where there is a table of labels."""
        tables = [name for name in TABLES if (self.source / name).exists()]
        if self.labels is not None or tables or not self.source.is_dir():
            return []
        return self._files.named(".json")

    @cached_property
    def _described(self) -> tuple[dict[str, list[tuple[str, Description]]], list[Broken]]:
        """Each picture's descriptions and their files, the most detailed first; what is broken."""
        found: dict[str, list[tuple[str, Description]]] = {}
        broken = list(map(Broken, self._files.unusable(".json")))
        for file in self._json_files:
            try:
                one = _description(self._files.path(file))
                found.setdefault(self._picture(file, one), []).append((file, one))
            except InputError as error:
                broken.append(Broken(error))
        for several in found.values():
            several.sort(key=lambda pair: -pair[1].level)
        return found, broken

    @cached_property
    def _tails(self) -> dict[str, list[str]]:
        """The pictures by split, last folder and name."""
        found: dict[str, list[str]] = {}
        for name in self._files.pictures:
            found.setdefault(_tail(_split(name), name), []).append(name)
        return found

    def _picture(self, file: str, one: Description) -> str:
        """The picture of a description: of those alike in its split, the one nearest to its file.

        Raises:
            InputError: Several are as near.
        """
        alike = self._tails.get(_tail(_split(file), one.picture), [])
        common = [len(posixpath.commonpath([file, name])) for name in alike]
        nearest = [name for name, near in zip(alike, common, strict=True) if near == max(common)]
        if len(nearest) > 1:
            raise InputError(
                f"{one.place}: `org_path` must mean one picture. Received: {one.picture}, which "
                f"{' and '.join(nearest[:2])} may be."
            )
        beside = posixpath.join(posixpath.dirname(file), posixpath.basename(one.picture))
        return (*nearest, beside if beside in self._files.paths else one.picture)[0]

    @cached_property
    def _rows(self) -> list[Row]:
        if not self._json_files:
            return super()._rows
        described = self._described[0]
        if not described:
            raise InputError(f"{self.source}: none of its .json files describes a montage.")
        splits = {picture: _split(several[0][0]) for picture, several in described.items()}
        stated = "val" in splits.values()
        return [
            Row(one.place, picture, one.labels, splits[picture] if stated else None)
            for picture, ((_, one), *_others) in described.items()
        ]

    @cached_property
    def _schema(self) -> AttributeSchema:
        if not self._json_files:
            return super()._schema
        return MONTAGE if self.schema is None else load_schema(self.schema)

    def _notes(self) -> Iterator[Note]:
        if not self._json_files:
            yield from super()._notes()
            return
        described, pictures = self._described[0], self._files.pictures
        labels = [{one.labels for _, one in several} for several in described.values()]
        apart = sum(len(several) > 1 for several in labels)
        if apart:
            yield Note(
                f"{apart:,} of {len(labels):,} faces have several descriptions with other labels; "
                "those of the most detailed one count, of equally detailed ones those of the first."
            )
        folders = {_folder(name) for name in described}
        unnamed = sum(name not in described and _folder(name) in folders for name in pictures)
        if unnamed:
            yield Note(f"{unnamed:,} pictures left out: no description names them.")
        yield from map(Note, self._files.left_out(pictures, {".json"}))


def _folder(name: str) -> str:
    """The last folder of a picture, in small letters."""
    return Path(name).parent.name.lower()


def _tail(split: str, name: str) -> str:
    """A split, the last folder of a picture and its name, as `val/montage/7.png`."""
    return f"{split}/{_folder(name)}/{Path(name).name.lower()}"


def _split(file: str) -> str:
    """The split of a file below one of AI-Hub's folders `1.Training` and `2.Validation`."""
    return "val" if any("validation" in part.lower() for part in Path(file).parts) else "train"


def _description(path: Path) -> Description:
    """The description in a JSON file of AI-Hub.

    Raises:
        InputError: Not such a file.
    """
    held = _json(path)
    # AI-Hub's own spelling has no second i.
    info, text = _object(path, held, "info"), _object(path, held, "descripton", "description")
    hair, eyes = (_object(path, text, name) for name in ("hairstyle", "eyes"))
    gender = _text(path, info, "gender")
    picture = relative_name(_text(path, info, "org_path").replace("\\", "/").lstrip("/"))
    if picture == ".":
        raise InputError(f"{path}: `org_path` must name a picture. Received: {info['org_path']!r}.")
    level = info.get("level", 0)
    if type(level) is not int:
        raise InputError(
            f"{path}: `level` must be a whole number. Received: {reprlib.repr(level)}."
        )
    labels = _GENDERS.get(gender, gender), _text(path, hair, "type"), _text(path, eyes, "type")
    return Description(str(path), picture, labels, level)


def _json(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: not readable ({error.strerror}).") from error
    for encoding in _ENCODINGS:
        try:
            return parse_json(data.decode(encoding))
        except UnicodeDecodeError:
            continue
        except ValueError as error:
            raise InputError(f"{path}: not JSON ({error}).") from error
    raise InputError(f"{path}: neither UTF-8 nor CP949.")


def _object(path: Path, held: Any, *names: str) -> dict[str, Any]:
    """The object of a name; a list of one counts as the object."""
    found = next((held[n] for n in names if isinstance(held, dict) and n in held), None)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise InputError(f"{path}: has no object `{names[0]}`, or list of one, as AI-Hub has.")
    return found


def _text(path: Path, held: dict[str, Any], name: str) -> str:
    found = held.get(name)
    if not isinstance(found, str) or not found.strip():
        raise InputError(f"{path}: `{name}` must be a text. Received: {reprlib.repr(found)}.")
    if len(found) > _LONGEST or _CONTROL.search(found):
        raise InputError(
            f"{path}: `{name}` must be a text of one line and at most {_LONGEST} characters. "
            f"Received: {reprlib.repr(found)}."
        )
    return found
