"""Montage faces, as AI-Hub distributes them or with a table of labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from ..attributes import MONTAGE, AttributeSchema
from ..errors import InputError
from ..schema_file import load_schema, parse_json
from .item import Broken, Item, Note
from .labelled import TABLES, Labelled, Row

_GENDERS = {"M": "male", "F": "female"}
_ENCODINGS = ("utf-8-sig", "cp949")


@dataclass(frozen=True)
class Description:
    """A JSON file of AI-Hub: what one person wrote about a face.

    Args:
        place: The file, for messages.
        picture: The place of the picture in its part of the data, such as `Images/montage/7.png`.
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
        yield from self._described[1]
        yield from super().items()

    @cached_property
    def _json_files(self) -> list[str]:
        """The JSON files of AI-Hub; none where there is a table of labels."""
        tables = [name for name in TABLES if (self.source / name).exists()]
        if self.labels is not None or tables or not self.source.is_dir():
            return []
        return self._files.named(".json")

    @cached_property
    def _described(self) -> tuple[list[tuple[str, Description]], list[Broken]]:
        """The descriptions with their files, and the files that cannot be read."""
        found: list[tuple[str, Description]] = []
        broken: list[Broken] = []
        for file in self._json_files:
            try:
                found.append((file, _description(self._files.path(file))))
            except InputError as error:
                broken.append(Broken(error))
        return found, broken

    @cached_property
    def _of_pictures(self) -> dict[str, list[tuple[str, Description]]]:
        """The descriptions of each picture, the most detailed first."""
        tails: dict[str, str] = {}
        for name in self._files.pictures:
            tails.setdefault(_tail(name), name)
        found: dict[str, list[tuple[str, Description]]] = {}
        for file, one in self._described[0]:
            beside = Path(file).with_name(Path(one.picture).name).as_posix()
            missing = beside if self._files.path(beside).is_file() else one.picture
            picture = tails.get(_tail(one.picture), missing)
            found.setdefault(picture, []).append((file, one))
        for several in found.values():
            several.sort(key=lambda pair: -pair[1].level)
        return found

    @cached_property
    def _rows(self) -> list[Row]:
        if not self._json_files:
            return super()._rows
        if not self._of_pictures:
            raise InputError(f"{self.source}: none of its .json files describes a montage.")
        splits = {picture: _split(several[0][0]) for picture, several in self._of_pictures.items()}
        stated = "val" in splits.values()
        return [
            Row(one.place, picture, one.labels, splits[picture] if stated else None)
            for picture, ((_, one), *_others) in self._of_pictures.items()
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
        labels = [{one.labels for _, one in several} for several in self._of_pictures.values()]
        apart = sum(len(several) > 1 for several in labels)
        if apart:
            yield Note(
                f"{apart:,} of {len(labels):,} faces have other labels at another level of detail; "
                "those of the most detailed description count."
            )


def _tail(name: str) -> str:
    """The last folder of a picture and its name, as `montage/7.png`."""
    return "/".join(Path(name).parts[-2:]).lower()


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
    gender, picture = _text(path, info, "gender"), _text(path, info, "org_path")
    labels = _GENDERS.get(gender, gender), _text(path, hair, "type"), _text(path, eyes, "type")
    level = info.get("level")
    return Description(
        str(path),
        picture.replace("\\", "/").lstrip("/"),
        labels,
        level if type(level) is int else 0,
    )


def _json(path: Path) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: not readable ({error}).") from error
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
        raise InputError(f"{path}: has no object `{names[0]}`, as AI-Hub's montages have.")
    return found


def _text(path: Path, held: dict[str, Any], name: str) -> str:
    found = held.get(name)
    if not isinstance(found, str) or not found.strip():
        raise InputError(f"{path}: `{name}` must be a text. Received: {found!r}.")
    return found
