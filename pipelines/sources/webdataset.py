"""Shards of WebDataset and img2dataset: archives of pictures beside their captions."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np

from ..attribute import Attribute
from ..errors import InputError
from ..images import decoded_picture, resized
from ..picture_formats import needs_heic, suffixes
from ..schema_file import parse_json
from .captions import captions_of_lines, captions_of_row
from .containers import Containers, containers_of
from .folders import file_splits
from .item import Broken, Item
from .own_folder import OwnFolder
from .splits import held_out, stratified

_CAPTIONS = ("caption", "text")  # fields of a sample's JSON


@dataclass(frozen=True)
class _Place:
    """Place of a file in an archive.

    Args:
        shard: The archive.
        name: Name of the file in it.
        start: Number of bytes before its first one.
        size: Number of its bytes.
    """

    shard: Path
    name: str
    start: int
    size: int

    def read(self) -> bytes:
        with self.shard.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)

    def __str__(self) -> str:
        return f"{self.shard}, {self.name}"


@dataclass
class _Sample:
    """The files of one name."""

    pictures: list[_Place] = field(default_factory=list)
    texts: list[_Place] = field(default_factory=list)
    objects: list[_Place] = field(default_factory=list)  # of JSON


@dataclass(frozen=True)
class WebDataset(OwnFolder):
    """Shards of WebDataset, as img2dataset writes them: .tar files, at any depth, or one of them.

    Files of the same name up to the first dot belong together: `x.jpg` with the captions in the
    lines of `x.txt`, or else in the field caption (or text) of `x.json`. Nothing is unpacked to
    disk. Shards named after splits, such as train-0001.tar, are divided so. A picture becomes its
    central square.
    """

    name: ClassVar[str] = "webdataset"
    preset: ClassVar[str] = "self-attention-gan-narrow"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = ()

    def items(self) -> Iterator[Item | Broken]:
        """Yield the samples of the shards in turn, with the reason in place of an unusable one.

        Raises:
            InputError: No such folder, or no .tar file in it.
        """
        found = [one for shard in self._shards.paths for one in self._samples(shard)]
        names = [one[0] for one in found if not isinstance(one, Broken)]
        drawn = stratified(dict.fromkeys(names, ""), held_out(self.test_share), self.seed)
        stated = file_splits(list(self._shards.paths))
        yield from map(Broken, self._shards.unusable)
        for one in found:
            if isinstance(one, Broken):
                yield one
                continue
            name, shard, sample = one
            try:
                picture = _only(name, "picture", sample.pictures)
                captions = _captions_of(name, sample)
            except InputError as error:
                yield Broken(error)
                continue
            split = stated[shard] if stated else drawn[name]
            yield Item(name, split, partial(_load, picture), captions)

    @cached_property
    def _shards(self) -> Containers:
        return containers_of(self.source, ".tar")

    def _samples(self, shard: str) -> Iterator[tuple[str, str, _Sample] | Broken]:
        """The samples of a shard, each with its name and the shard's."""
        path = self._shards.paths[shard]
        samples: dict[str, _Sample] = {}
        broken: list[Broken] = []
        try:
            for place in _files_in(path):
                _sort_in(place, samples)
        except (tarfile.TarError, OSError, InputError) as error:
            broken.append(Broken(f"{path}: not readable as a .tar file to its end ({error})."))
        for key, sample in samples.items():
            yield f"{shard}/{key}", shard, sample
        yield from broken


def _files_in(path: Path) -> Iterator[_Place]:
    """The files of an archive, in its order; hidden ones are left out.

    Raises:
        tarfile.TarError: No archive, a compressed one, or one that is damaged.
        InputError: An archive that is cut short between two files.
    """
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            hidden = any(part.startswith(".") for part in PurePosixPath(member.name).parts)
            if member.isfile() and not hidden:
                yield _Place(path, member.name, member.offset_data, member.size)
        end = _Place(path, "", archive.offset, tarfile.BLOCKSIZE)
    # The module takes a damaged header, or the end of the file, for the end of the archive.
    if end.read() != bytes(tarfile.BLOCKSIZE):
        raise InputError("its end is missing")


def _sort_in(place: _Place, samples: dict[str, _Sample]) -> None:
    """Add a file to the sample of its name; files of other types are left aside."""
    path = PurePosixPath(place.name)
    stem, _, _ = path.name.partition(".")
    suffix = path.suffix.lower()
    if suffix not in {*suffixes(), ".txt", ".json"} and not needs_heic(suffix):
        return
    sample = samples.setdefault((path.parent / stem).as_posix(), _Sample())
    kinds = {".txt": sample.texts, ".json": sample.objects}
    kinds.get(suffix, sample.pictures).append(place)


def _only(name: str, what: str, places: list[_Place]) -> _Place:
    """The one file of a kind.

    Raises:
        InputError: There is none, or several.
    """
    if len(places) != 1:
        held = ", ".join(place.name for place in places) or "none"
        raise InputError(f"{name}: must have one {what}. Received: {held}.")
    return places[0]


def _captions_of(name: str, sample: _Sample) -> tuple[str, ...]:
    if sample.texts:
        text = _only(name, "caption file", sample.texts)
        return captions_of_lines(_decoded(text), str(text))
    described = _only(name, "caption file (.txt or .json)", sample.objects)
    written = _decoded(described)
    try:
        held = parse_json(written)
    except ValueError as error:
        raise InputError(f"{described}: not JSON ({error}).") from error
    if not isinstance(held, dict):
        raise InputError(f"{described}: must be a JSON object.")
    try:
        return captions_of_row(held, _CAPTIONS)
    except InputError as error:
        raise InputError(f"{described}: {error}") from error


def _decoded(place: _Place) -> str:
    try:
        return place.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{place}: not readable as UTF-8 text ({error}).") from error


def _load(place: _Place, side: int) -> np.ndarray:
    """The central square of a picture in an archive, uint8 (side, side, 3)."""
    return resized(decoded_picture(io.BytesIO(place.read()), str(place)), side)
