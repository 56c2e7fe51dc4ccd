"""The captions and labels of a split, kept where the pictures are not.

A run keeps those of its unseen pictures. Scores that need no real pictures can then be computed
where the data set is gone, from the very conditions that the data set would have given.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_t2i.metrics.conditions import Described
from keras_t2i.pipelines.arrays import read_arrays, write_arrays
from keras_t2i.pipelines.dataset_info import INFO_FILE, DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json


@dataclass(frozen=True)
class StoredConditions:
    """A split without its pictures; `Conditions.drawn` takes it in the split's place.

    Args:
        captions: All captions, picture after picture.
        caption_starts: Starts of the pictures' captions, int64 (N + 1,): picture i's are
            `captions[starts[i] : starts[i + 1]]`.
        labels: Classes, int64 (N,), −1 where there is none.
        attributes: Columns of the attributes, int64 (N, A).
        ids: Ids of the pictures.
        info: Information about the data set.
    """

    captions: Sequence[str]
    caption_starts: np.ndarray
    labels: np.ndarray
    attributes: np.ndarray
    ids: Sequence[str]
    info: DatasetInfo


def write_conditions(folder: Path, split_name: str, split: Described) -> None:
    """Write the captions, classes, labels and ids of a split as `folder/SPLIT.npz`.

    Beside it goes the data set's `dataset.json`. Each file is written whole or not at all.

    Args:
        folder: Folder of the stored conditions; it is created.
        split_name: Name of the split.
        split: The split.
    """
    write_json(folder / INFO_FILE, split.info.to_json())
    arrays = {
        "captions": _bytes_of(split.captions),
        "caption_starts": split.caption_starts,
        "labels": split.labels,
        "attributes": split.attributes,
        "ids": _bytes_of(split.ids),
    }
    write_arrays(folder / f"{split_name}.npz", arrays, compressed=True)


def read_conditions(folder: Path, split_name: str) -> StoredConditions:
    """Read what `write_conditions` wrote.

    Raises:
        InputError: Nothing is kept of this split, or the file is damaged.
    """
    path = folder / f"{split_name}.npz"
    if not path.exists():
        kept = ", ".join(sorted(p.stem for p in folder.glob("*.npz"))) or "no split"
        raise InputError(f"{folder} has no conditions of the split {split_name!r}; it has: {kept}.")
    info = DatasetInfo.load(folder)
    held = read_arrays(path, summed=False)
    try:
        return StoredConditions(
            captions=json.loads(held["captions"].tobytes()),
            caption_starts=held["caption_starts"],
            labels=held["labels"],
            attributes=held["attributes"],
            ids=json.loads(held["ids"].tobytes()),
            info=info,
        )
    except (ValueError, KeyError) as error:
        raise InputError(f"{path}: not readable as conditions ({error}).") from error


def _bytes_of(texts: Sequence[str]) -> np.ndarray:
    """Texts as the bytes of a JSON list: an array of texts would be as wide as its longest."""
    return np.frombuffer(json.dumps(list(texts)).encode(), "uint8")
