"""Data sets of the Hugging Face Hub in Parquet files: pictures and captions in columns."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..attribute import Attribute
from ..errors import InputError
from ..images import decoded_picture, open_picture, resized
from ..names import why_outside
from .captions import captions_of_row
from .containers import Containers, containers_of
from .folders import file_splits
from .item import Broken, Item, Note
from .own_folder import OwnFolder
from .splits import held_out, stratified

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet

_CAPTIONS = ("text", "caption", "captions")


@dataclass(frozen=True)
class _Place:
    """Row of a file: its row group, and its number in that."""

    file: str
    group: int
    row: int
    number: int  # in the file, from 1 on

    def __str__(self) -> str:
        return f"{self.file}, row {self.number}"


@dataclass(frozen=True)
class Parquet(OwnFolder):
    """Parquet files with a picture and its captions in each row, at any depth, or one of them.

    So the Hugging Face Hub stores data sets of pictures. A picture is a struct of `bytes` or `path`
    (relative to the file), or bytes alone; captions are a text or a list of texts. Files named
    after splits, such as train-00000-of-00002.parquet, are divided so. A picture becomes its
    central square.

    Args:
        image_column: Column of the pictures.
        caption_column: Column of the captions; by default the one of text, caption, captions.
    """

    image_column: str = "image"
    caption_column: str | None = None

    name: ClassVar[str] = "parquet"
    preset: ClassVar[str] = "self-attention-gan-narrow"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = ()

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the rows of the files in turn, with the reason in place of an unusable one.

        Last comes what is left out.

        Raises:
            InputError: pyarrow is not installed; no such folder, no file in it, or a file without
                the columns.
        """
        found = [one for file in self._files for one in self._rows(file)]
        names = [f"{one[0].file}/{one[0].number}" for one in found if not isinstance(one, Broken)]
        drawn = stratified(dict.fromkeys(names, ""), held_out(self.test_share), self.seed)
        stated = file_splits(list(self._files))
        yield from map(Broken, self._containers.unusable)
        for one in found:
            if isinstance(one, Broken):
                yield one
                continue
            place, captions = one
            name = f"{place.file}/{place.number}"
            split = stated[place.file] if stated else drawn[name]
            yield Item(name, split, partial(self._load, place), captions)
        yield from map(Note, self._containers.left_out())

    @cached_property
    def _containers(self) -> Containers:
        return containers_of(self.source, ".parquet")

    @property
    def _files(self) -> dict[str, Path]:
        return self._containers.paths

    def _rows(self, file: str) -> Iterator[tuple[_Place, tuple[str, ...]] | Broken]:
        """The rows of a file with their captions."""
        try:
            with _opened(self._files[file]) as held:
                column = self._caption_column(file, held.schema_arrow.names)
                number = 0
                for group in range(held.num_row_groups):
                    cells = held.read_row_group(group, [column]).column(0)
                    for row, cell in enumerate(cells):
                        number += 1
                        place = _Place(file, group, row, number)
                        try:
                            yield place, captions_of_row({column: _value(cell)}, [column])
                        except InputError as error:
                            yield Broken(f"{self._files[file]}, row {number}: {error}")
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            yield Broken(f"{self._files[file]}: not readable as a Parquet file ({error}).")

    def _caption_column(self, file: str, names: list[str]) -> str:
        """The column of the captions, in a file that has one of pictures too."""
        wanted = [self.caption_column] if self.caption_column else _CAPTIONS
        found = [name for name in wanted if name in names]
        if self.image_column not in names or len(found) != 1:
            raise InputError(
                f"{self._files[file]}: needs the column {self.image_column} of pictures, and one "
                f"of captions ({' or '.join(wanted)}); --image-column and --caption-column name "
                f"others. Columns: {', '.join(names)}."
            )
        return found[0]

    def _load(self, place: _Place, side: int) -> np.ndarray:
        """The central square of a row's picture, uint8 (side, side, 3)."""
        path = self._files[place.file]
        name = f"{path}, row {place.number}"
        cell = self._groups.pictures(path, place.group, self.image_column)[place.row]
        try:
            value = _value(cell)
        except InputError as error:
            raise InputError(f"{name}: {error}") from error
        held = value if isinstance(value, dict) else {"bytes": value}
        if isinstance(held.get("bytes"), bytes):
            picture = decoded_picture(io.BytesIO(held["bytes"]), name)
        elif isinstance(held.get("path"), str):
            if outside := why_outside(held["path"]):
                raise InputError(f"{name}: {held['path']} {outside}.")
            picture = open_picture(path.parent / held["path"])
        else:
            raise InputError(f"{name}: has no picture in the column {self.image_column}.")
        return resized(picture, side)

    @cached_property
    def _groups(self) -> "_Groups":
        return _Groups()


class _Groups:
    """Pictures of row groups, of which the last two stay in memory: rows are loaded in turn."""

    def __init__(self) -> None:
        self._held: dict[tuple[Path, int], Any] = {}
        self._lock = Lock()

    def pictures(self, path: Path, group: int, column: str) -> Any:
        """A row group's column; threads that want the same one wait for each other.

        Raises:
            InputError: The group is damaged.
        """
        with self._lock:
            if (path, group) not in self._held:
                while len(self._held) > 1:
                    del self._held[next(iter(self._held))]
                try:
                    with _opened(path) as file:
                        self._held[path, group] = file.read_row_group(group, [column]).column(0)
                except (OSError, ValueError) as error:
                    raise InputError(f"{path}, row group {group}: damaged ({error}).") from error
            return self._held[path, group]


def _value(cell: "pyarrow.Scalar") -> Any:
    """A cell's value.

    Raises:
        InputError: A text in it is not UTF-8, which Arrow finds out at this one row alone.
    """
    try:
        return cell.as_py()
    except UnicodeDecodeError as error:
        raise InputError(f"not readable as UTF-8 text ({error}).") from error


def _opened(path: Path) -> "pyarrow.parquet.ParquetFile":
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise InputError(
            "Parquet files need the package pyarrow: pip install 'keras-t2i[parquet]'."
        ) from error
    return ParquetFile(path)
