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
from ..names import is_unicode, shown, why_outside
from ..picture_formats import needs_heic, suffixes
from ..schema_file import parse_json
from .captions import captions_of_lines, captions_of_row
from .containers import Containers, containers_of
from .folders import file_splits
from .item import Broken, Item, Note
from .own_folder import OwnFolder
from .splits import held_out, stratified

_CAPTIONS = ("caption", "text")  # fields of a sample's JSON
_BESIDE = {".parquet", ".json"}  # suffixes of what img2dataset writes beside its shards


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

    def items(self) -> Iterator[Item | Broken | Note]:
        """Yield the samples of the shards in turn, with the reason in place of an unusable one.

        Last comes what is left out.

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
        yield from map(Note, self._shards.left_out(_BESIDE))

    @cached_property
    def _shards(self) -> Containers:
        return containers_of(self.source, ".tar")

    def _samples(self, shard: str) -> Iterator[tuple[str, str, _Sample] | Broken]:
        """The samples of a shard, each with its name and the shard's."""
        path = self._shards.paths[shard]
        samples: dict[str, _Sample] = {}
        broken: list[Broken] = []
        try:
            for one in _files_in(path):
                if isinstance(one, Broken):
                    broken.append(one)
                else:
                    _sort_in(one, samples)
        except (tarfile.TarError, OSError, InputError) as error:
            broken.append(Broken(f"{path}: not readable as a .tar file to its end ({error})."))
        for key, sample in samples.items():
            yield f"{shard}/{key}", shard, sample
        yield from broken


def _files_in(path: Path) -> Iterator[_Place | Broken]:
    """The files of an archive, in its order; hidden ones and those of other types are left out.

    A hard link is another name of a file that comes before it.

    Raises:
        tarfile.TarError: No archive, a compressed one, or one that is damaged.
        InputError: An archive that is cut short between two files.
    """
    earlier: dict[str, tarfile.TarInfo] = {}
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            held = earlier.get(member.linkname, member) if member.islnk() else member
            earlier[member.name] = held
            if _is_wanted(member.name) and not member.isdir():
                why = _why_unusable(member.name, held)
                place = _Place(path, shown(member.name), held.offset_data, held.size)
                yield Broken(f"{place}: {why}.") if why else place
        end = _Place(path, "", archive.offset, tarfile.BLOCKSIZE)
    # The module takes a damaged header, or the end of the file, for the end of the archive.
    if end.read() != bytes(tarfile.BLOCKSIZE):
        raise InputError("its end is missing")


def _is_wanted(name: str) -> bool:
    """Whether a file is a picture or describes one, by its suffix, and is not hidden."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    if suffix not in {*suffixes(), ".txt", ".json"} and not needs_heic(suffix):
        return False
    return not any(part.startswith(".") and part != ".." for part in path.parts)


def _why_unusable(name: str, held: tarfile.TarInfo) -> str | None:
    """Why a file in an archive cannot be used, if so.

    Args:
        name: Name of the file.
        held: The member that holds the bytes: the file, or the one that a hard link leads to.
    """
    if not is_unicode(name):
        return "the name is not UTF-8; rename it"
    if outside := why_outside(name):
        return outside.replace("folder", "archive")
    if not held.isfile():
        return "a link or device, not a file of the archive; pack what it leads to"
    if held.issparse():
        return "stored with holes; pack it without --sparse"
    return None


def _sort_in(place: _Place, samples: dict[str, _Sample]) -> None:
    """Add a file to the sample of its name."""
    path = PurePosixPath(place.name)
    stem, _, _ = path.name.partition(".")
    suffix = path.suffix.lower()
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
