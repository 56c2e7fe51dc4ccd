"""Conditions that pictures are drawn for: the captions and labels of real ones."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.dataset_info import DatasetInfo


class Described(Protocol):
    """A split as far as its pictures are described: a `Split`, or `StoredConditions`."""

    @property
    def captions(self) -> Sequence[str]:
        """All captions, picture after picture."""

    @property
    def caption_starts(self) -> np.ndarray:
        """int64 (N + 1,): picture i's captions are `captions[starts[i] : starts[i + 1]]`."""

    @property
    def labels(self) -> np.ndarray:
        """Classes, int64 (N,), −1 where there is none."""

    @property
    def attributes(self) -> np.ndarray:
        """Columns of the attributes, int64 (N, A)."""

    @property
    def ids(self) -> Sequence[str]:
        """Ids of the pictures."""

    @property
    def info(self) -> DatasetInfo:
        """Information about the data set."""


@dataclass(frozen=True)
class Conditions:
    """A caption, class and labels for each of N pictures, all of the same real picture.

    Args:
        split: Name of the real pictures' split.
        rows: Places of the real pictures in it, int64 (N,).
        captions: One of each one's captions; empty where there is none.
        classes: Classes, int64 (N,), −1 where there are none.
        labels: Labels, multi-hot float32 (N, n); n is 0 where there are none.
        data: Checksum of the data set.
    """

    split: str
    rows: np.ndarray
    captions: tuple[str, ...]
    classes: np.ndarray
    labels: np.ndarray
    data: str = ""

    @classmethod
    def of_rows(cls, split: Described, name: str, rows: np.ndarray, seed: int = 0) -> "Conditions":
        """Conditions of rows (N,) of a split; the seed decides which of a picture's captions."""
        starts = split.caption_starts
        counts = starts[rows + 1] - starts[rows]
        drawn = np.random.default_rng(seed).integers(0, np.maximum(counts, 1))
        texts = [*split.captions, ""]  # the last for pictures without captions
        chosen = np.where(counts > 0, starts[rows] + drawn, -1)
        schema = AttributeSchema(split.info.attributes) if split.info.attributes else None
        vectors = schema.multi_hot(split.attributes[rows]) if schema else np.zeros((len(rows), 0))
        return cls(
            split=name,
            rows=np.asarray(rows),
            captions=tuple(texts[i] for i in chosen),
            classes=split.labels[rows],
            labels=vectors.astype("float32"),
            data=split.info.checksum,
        )

    @classmethod
    def none(cls, data: str) -> "Conditions":
        """No conditions, of pictures that nothing more is known of.

        Args:
            data: Checksum of the pictures.
        """
        return cls("", np.zeros(0, "int64"), (), np.zeros(0, "int64"), np.zeros((0, 0)), data)

    @classmethod
    def drawn(cls, split: Described, name: str, count: int, seed: int) -> "Conditions":
        """Conditions of `count` pictures: each real one once before any comes a second time."""
        rng, pictures = np.random.default_rng(seed), len(split.labels)
        turns = -(-count // pictures)
        rows = np.concatenate([rng.permutation(pictures) for _ in range(turns)])[:count]
        return cls.of_rows(split, name, rows, seed)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: np.ndarray) -> "Conditions":
        """Conditions of some places."""
        return Conditions(
            self.split,
            self.rows[some],
            tuple(self.captions[i] for i in some),
            self.classes[some],
            self.labels[some],
            self.data,
        )

    def digest(self) -> str:
        """sha256, in hexadecimal digits, of all that they say."""
        said = json.dumps(
            [self.data, self.split, self.rows.tolist(), self.captions, self.classes.tolist()]
        )
        whole = hashlib.sha256(said.encode())
        whole.update(f"{self.labels.shape}".encode() + self.labels.tobytes())
        return whole.hexdigest()
