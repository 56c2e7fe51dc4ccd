"""All of a split's records but their pictures, column by column, and their file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .arrays import read_arrays, write_arrays

_TEXTS = ("captions", "ids")


class Row(NamedTuple):
    """All of a record but its pictures.

    Args:
        id: Name of the picture.
        captions: Texts that describe it.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn.
    """

    id: str
    captions: list[str]
    label: int
    attributes: list[int]

    @classmethod
    def of(cls, features: Any) -> "Row":
        """Copy of the features of a `tf.train.Example`, which would hold the pictures' bytes."""
        return cls(
            features["id"].bytes_list.value[0].decode(),
            [caption.decode() for caption in features["captions"].bytes_list.value],
            features["label"].int64_list.value[0],
            list(features["attributes"].int64_list.value),
        )


def columns_of(rows: Sequence[Row], attribute_columns: int) -> dict[str, Any]:
    """The columns of records, by their names in a `Split`.

    Args:
        rows: Records, (N,).
        attribute_columns: Number of values of a record's attributes.
    """
    counts = [len(row.captions) for row in rows]
    return {
        "captions": [caption for row in rows for caption in row.captions],
        "caption_starts": np.concatenate([[0], np.cumsum(counts)]).astype("int64"),
        "labels": np.array([row.label for row in rows], "int64"),
        "attributes": np.array([row.attributes for row in rows], "int64").reshape(
            len(rows), attribute_columns
        ),
        "ids": [row.id for row in rows],
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
