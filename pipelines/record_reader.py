"""A split of records, read whole from its TFRecord shards."""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from .columns import Row, columns_of, load_columns, save_columns
from .data_folder import open_split
from .dataset_info import DatasetInfo, SplitInfo
from .decoding import decode_to_file, decoded_pictures, is_kept, opened
from .held import Rows
from .lazy import tf
from .verified import KEPT


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


def read_split(directory: Path, split: str, most_bytes: int | None = None) -> Split:
    """Read and check a split, in the order of its writing.

    A large split is decoded once, into files below the folder, and its pictures are mapped from
    there if they would take too much memory.

    Args:
        directory: Folder of the data set.
        split: Name of the split, such as `train`.
        most_bytes: Memory that the pictures may take; by default a sixteenth of the machine's.

    Raises:
        InputError: Missing folder, unknown split, missing or altered shard.
    """
    directory = Path(directory)
    info, held = open_split(directory, split, "pictures")
    records = _Records(directory, held, info)
    if is_kept(directory, math.prod(records.shape), most_bytes):
        file = directory / KEPT / f"{split}-{info.checksum[:8]}.npy"
        images, columns = _kept(file, records, most_bytes)
    else:
        images = decoded_pictures(records.files(), records.shape)
        columns = records.columns()
    given = images[..., 3:] if info.paired else None
    return Split(images=images[..., :3], given=given, info=info, **columns)


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

    def files(self) -> Iterator[list[bytes]]:
        self.rest.clear()
        for features in self._features():
            self.rest.append(Row.of(features))
            yield [features[name].bytes_list.value[0] for name in self.names]

    def columns(self) -> dict[str, Any]:
        return columns_of(self.rest, self.info.attribute_columns)

    def _features(self) -> Iterator[Any]:
        paths = [str(self.directory / name) for name in sorted(self.held.shards)]
        shards = [tf.data.TFRecordDataset(path).as_numpy_iterator() for path in paths]
        for record in _in_turn(shards):
            yield tf.train.Example.FromString(record).features.feature


def _in_turn(shards: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
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
