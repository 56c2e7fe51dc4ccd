"""A split of records, read whole from its TFRecord shards."""

import math
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import Damaged, read_arrays, write_arrays
from .columns import Row, columns_of, load_columns, save_columns
from .data_folder import open_split
from .dataset_info import DatasetInfo, SplitInfo
from .decoding import (
    VARIABLE,
    decode_to_file,
    decoded_pictures,
    fits_on_disk,
    is_quickly_decoded,
    most_in_memory,
    opened,
)  # fmt: skip
from .held import Rows
from .lazy import tf
from .streamed import StreamedPictures
from .verified import KEPT

_Place = tuple[int, int, bytes]
_HEAD, _FOOT = 12, 4  # bytes around a record in a TFRecord file: its length, and checksums


@dataclass(frozen=True)
class Split:
    """A split in memory, or mapped from a file when it is large.

    Args:
        images: Pictures, uint8 (N, S, S, 3).
        captions: All captions, picture after picture.
        caption_starts: Starts of the pictures' captions, int64 (N + 1,): picture i's are
            `captions[starts[i] : starts[i + 1]]`.
        labels: Classes, int64 (N,), -1 where there is none.
        attributes: Attributes, int64 (N, A), a column a number of a record.
        ids: Names of the pictures.
        info: Content of `dataset.json`.
        given: Pictures from which each is to be made, uint8 (N, S, S, 3), of data of pairs.
    """

    images: Rows
    captions: list[str]
    caption_starts: np.ndarray
    labels: np.ndarray
    attributes: np.ndarray
    ids: list[str]
    info: DatasetInfo
    given: Rows | None = None


def read_split(
    directory: Path, split: str, most_bytes: int | None = None, most_on_disk: int | None = None
) -> Split:
    """Read and check a split, in the order of its writing.

    A large split is decoded once, into files below the folder, and its pictures are mapped from
    there if they would take too much memory. If they would take too much of the disk as well, they
    stay in the shards, and each is decoded whenever it is drawn (`StreamedPictures`); a line on
    stderr says so. The rows are the same in all cases.

    Args:
        directory: Folder of the data set.
        split: Name of the split, such as `train`.
        most_bytes: Memory that the pictures may take; by default a sixteenth of the machine's.
        most_on_disk: Bytes that they may take on the disk, beside the shards; by default half of
            what is free there, or what the variable `KERAS_T2I_MOST_ON_DISK` says. 0 streams them.

    Raises:
        InputError: Missing folder, unknown split, missing or altered shard, or a variable that is
            no whole number.
    """
    directory = Path(directory)
    info, held = open_split(directory, split, "pictures")
    records = _Records(directory, held, info)
    file = directory / KEPT / f"{split}-{info.checksum[:8]}.npy"
    size = math.prod(records.shape)
    small, on_disk = size <= most_in_memory(most_bytes), fits_on_disk(file, size, most_on_disk)
    if small and (is_quickly_decoded(size) or not on_disk):
        pictures = records.apart(decoded_pictures(records.files(), records.shape))
        columns = records.columns()
    elif on_disk:
        images, columns = _kept(file, records, most_bytes)
        pictures = records.apart(images)
    else:
        _tell_of_streaming(directory, split, size)
        pictures, columns = _streamed(file, records)
    return Split(images=pictures["image"], given=pictures.get("given"), info=info, **columns)


@dataclass
class _Records:
    """The records of a split: their pictures are drawn first, then the rest of them is known."""

    directory: Path
    held: SplitInfo
    info: DatasetInfo
    rest: list[Row] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return ("image", "given") if self.info.paired else ("image",)

    @property
    def shape(self) -> tuple[int, ...]:
        side = self.info.stored_size
        return self.held.pictures, side, side, 3 * len(self.names)

    @property
    def paths(self) -> list[Path]:
        return [self.directory / name for name in sorted(self.held.shards)]

    def apart(self, images: np.ndarray) -> dict[str, Rows]:
        """Pictures by name, of an array (N, S, S, C) in which a row's lie one after the other."""
        return {name: images[..., 3 * i : 3 * i + 3] for i, name in enumerate(self.names)}

    def files(self) -> Iterator[list[bytes]]:
        for _, _, _, files in self._drawn():
            yield files

    def places(self) -> dict[str, np.ndarray]:
        """Places of the pictures' files, by name: int64 (N, 3) as of `StreamedPictures`."""
        found = [
            [(number, start + record.index(file), len(file)) for file in files]
            for number, start, record, files in self._drawn()
        ]
        held = np.array(found, "int64").reshape(-1, len(self.names), 3)
        return {name: held[:, i] for i, name in enumerate(self.names)}

    def columns(self) -> dict[str, Any]:
        return columns_of(self.rest, self.info.attribute_columns)

    def _drawn(self) -> Iterator[tuple[int, int, bytes, list[bytes]]]:
        """Number of the shard, first byte, record, files of its pictures; the rest is kept."""
        self.rest.clear()
        shards = [_numbered(number, path) for number, path in enumerate(self.paths)]
        for number, start, record in _in_turn(shards):
            features = tf.train.Example.FromString(record).features.feature
            self.rest.append(Row.of(features))
            files = [features[name].bytes_list.value[0] for name in self.names]
            yield number, start, record, files


def _numbered(number: int, path: Path) -> Iterator[_Place]:
    """Records of a shard with its number, each with its first byte in the file."""
    start = _HEAD
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        yield number, start, record
        start += len(record) + _FOOT + _HEAD


def _in_turn(shards: Iterable[Iterator[_Place]]) -> Iterator[_Place]:
    """One of each that has some left, again and again."""
    waiting = deque(shards)
    while waiting:
        shard = waiting.popleft()
        for record in islice(shard, 1):
            yield record
            waiting.append(shard)


def _kept(
    file: Path, records: _Records, most_bytes: int | None
) -> tuple[np.ndarray, dict[str, Any]]:
    """Pictures and columns from their files, which are made if they are missing or cut short."""
    rest = file.with_suffix(".npz")
    try:
        return opened(file, records.shape, most_bytes), load_columns(rest)
    except ValueError:  # `Damaged` is one
        decode_to_file(file, records.shape, records.files())
        save_columns(rest, records.columns())
        return opened(file, records.shape, most_bytes), records.columns()


def _streamed(file: Path, records: _Records) -> tuple[dict[str, Rows], dict[str, Any]]:
    """Pictures that stay in the shards, and columns; both found by one reading, which is kept."""
    rest, index = file.with_suffix(".npz"), file.with_suffix(".places.npz")
    try:
        places, columns = read_arrays(index), load_columns(rest)
    except Damaged:
        places = records.places()
        columns = records.columns()
        if os.access(records.directory, os.W_OK):
            file.parent.mkdir(exist_ok=True)
            write_arrays(index, places)
            save_columns(rest, columns)
    shape = (*records.shape[1:3], 3)
    return {n: StreamedPictures(records.paths, places[n], shape) for n in places}, columns


def _tell_of_streaming(directory: Path, split: str, size: int) -> None:
    print(
        f"{directory}: the pictures of {split!r} are decoded as they are drawn. Decoded they take "
        f"{size / 1e9:,.1f} GB, which memory does not take, nor the disk as far as it may "
        f"({VARIABLE}).",
        file=sys.stderr,
    )
