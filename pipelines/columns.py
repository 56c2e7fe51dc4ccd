"""All of a split's records but their pictures, column by column, and their file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import read_arrays, write_arrays

_TEXTS = ("captions", "ids")


def columns_of(features: Sequence[Any], attribute_columns: int) -> dict[str, Any]:
    """The columns of records, by their names in a `Split`.

    Args:
        features: Features of each record's `tf.train.Example`, (N,).
        attribute_columns: Number of values of a record's attributes.
    """
    counts = [len(row["captions"].bytes_list.value) for row in features]
    return {
        "captions": [c.decode() for row in features for c in row["captions"].bytes_list.value],
        "caption_starts": np.concatenate([[0], np.cumsum(counts)]).astype("int64"),
        "labels": np.array([row["label"].int64_list.value[0] for row in features], "int64"),
        "attributes": np.array(
            [list(row["attributes"].int64_list.value) for row in features], "int64"
        ).reshape(len(features), attribute_columns),
        "ids": [row["id"].bytes_list.value[0].decode() for row in features],
    }


def save_columns(file: Path, columns: Mapping[str, Any]) -> None:
    """Write columns as a whole file, `.npz`; texts become JSON in UTF-8."""
    texts = {name: np.frombuffer(json.dumps(columns[name]).encode(), np.uint8) for name in _TEXTS}
    write_arrays(file, {**columns, **texts})


def load_columns(file: Path) -> dict[str, Any]:
    """Read what `save_columns` wrote.

    Raises:
        Damaged: A file that is missing or damaged.
    """
    held = read_arrays(file)
    return {**held, **{name: json.loads(held[name].tobytes()) for name in _TEXTS}}
