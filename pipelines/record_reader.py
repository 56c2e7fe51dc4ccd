"""A split of records, read whole from its TFRecord shards."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .data_folder import open_split
from .dataset_info import DatasetInfo, SplitInfo
from .decoding import decoded_pictures
from .lazy import tf


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

    images: np.ndarray
    captions: list[str]
    caption_starts: np.ndarray
    labels: np.ndarray
    attributes: np.ndarray
    ids: list[str]
    info: DatasetInfo
    given: np.ndarray | None = None


def read_split(directory: Path, split: str, most_bytes: int | None = None) -> Split:
    """Read and check a split, in the order of its writing.

    Pictures that would take too much memory are decoded once into a file below the folder and
    mapped from there.

    Args:
        directory: Folder of the data set.
        split: Name of the split, such as `train`.
        most_bytes: Memory that the pictures may take; by default a quarter of the machine's.

    Raises:
        InputError: Missing folder, unknown split, missing or altered shard.
    """
    directory = Path(directory)
    info, held = open_split(directory, split, "pictures")
    names = ("image", "given") if info.paired else ("image",)
    rows: list[Any] = []  # what is left of the records without their pictures
    pngs = _take_pictures(_read_features(directory, held), names, rows)
    shape = (held.pictures, info.stored_size, info.stored_size, 3 * len(names))
    file = directory / ".decoded" / f"{split}-{info.checksum[:8]}.npy"
    images = decoded_pictures(pngs, shape, file, most_bytes)
    return _split(info, images, rows)


def _split(info: DatasetInfo, images: np.ndarray, rows: list[Any]) -> Split:
    """Split of decoded pictures and the records' other features."""
    counts = [len(row["captions"].bytes_list.value) for row in rows]
    return Split(
        images=images[..., :3],
        given=images[..., 3:] if info.paired else None,
        captions=[c.decode() for row in rows for c in row["captions"].bytes_list.value],
        caption_starts=np.concatenate([[0], np.cumsum(counts)]).astype("int64"),
        labels=np.array([row["label"].int64_list.value[0] for row in rows], "int64"),
        attributes=np.array(
            [list(row["attributes"].int64_list.value) for row in rows], "int64"
        ).reshape(len(rows), info.attribute_columns),
        ids=[row["id"].bytes_list.value[0].decode() for row in rows],
        info=info,
    )


def _take_pictures(
    records: Iterable[Any], names: Sequence[str], rows: list[Any]
) -> Iterator[list[bytes]]:
    """The records' PNGs; the records without them are added to `rows`."""
    for features in records:
        yield [features[name].bytes_list.value[0] for name in names]
        for name in names:
            del features[name]
        rows.append(features)


def _read_features(directory: Path, split: SplitInfo) -> Iterator[Any]:
    paths = [str(directory / name) for name in sorted(split.shards)]
    shards = [tf.data.TFRecordDataset(path).as_numpy_iterator() for path in paths]
    for i in range(split.pictures):
        yield tf.train.Example.FromString(next(shards[i % len(shards)])).features.feature
