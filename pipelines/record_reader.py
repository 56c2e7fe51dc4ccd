"""A split of records, read whole from its TFRecord shards."""

from collections.abc import Iterator
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
        images: uint8 (N, S, S, 3).
        captions: All captions, picture after picture.
        caption_starts: int64 (N + 1,): picture i's are `captions[starts[i] : starts[i + 1]]`.
        labels: int64 (N,), -1 where there is no class.
        attributes: int64 (N, A), a column a number of a record.
        ids: The pictures' ids.
        info: The data set's.
        given: Of data of pairs, uint8 (N, S, S, 3): from which each picture is to be made.
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
    rows: list[Any] = []

    def pngs() -> Iterator[list[bytes]]:
        for features in _read_features(directory, held):
            yield [features[name].bytes_list.value[0] for name in names]
            for name in names:
                del features[name]
            rows.append(features)

    shape = (held.pictures, info.stored_size, info.stored_size, 3 * len(names))
    file = directory / ".decoded" / f"{split}-{info.checksum[:8]}.npy"
    images = decoded_pictures(pngs(), shape, file, most_bytes)
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


def _read_features(directory: Path, split: SplitInfo) -> Iterator[Any]:
    paths = [str(directory / name) for name in sorted(split.shards)]
    shards = [tf.data.TFRecordDataset(path).as_numpy_iterator() for path in paths]
    for i in range(split.pictures):
        yield tf.train.Example.FromString(next(shards[i % len(shards)])).features.feature
