"""One file of records, and what `dataset.json` will say about it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .data_folder import sha256_of
from .lazy import tf
from .record import Encoded
from .whole_file import settle


@dataclass
class ShardCounts:
    """Counts of a shard; also of several that are added up.

    Args:
        pictures: Number of records.
        captions: Number of their captions.
        labels: Number of records by class.
        attributes: Number of records by the values of their attributes.
    """

    pictures: int = 0
    captions: int = 0
    labels: Counter[int] = field(default_factory=Counter)
    attributes: Counter[tuple[int, ...]] = field(default_factory=Counter)

    def count(self, record: Encoded) -> None:
        """Count one more record."""
        self.pictures += 1
        self.captions += len(record.captions)
        self.attributes[record.attributes] += 1
        if record.label >= 0:
            self.labels[record.label] += 1

    def __add__(self, other: "ShardCounts") -> "ShardCounts":
        return ShardCounts(
            self.pictures + other.pictures,
            self.captions + other.captions,
            self.labels + other.labels,
            self.attributes + other.attributes,
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "pictures": self.pictures,
            "captions": self.captions,
            "labels": sorted(self.labels.items()),
            "attributes": sorted(self.attributes.items()),
        }

    @classmethod
    def from_json(cls, held: dict[str, Any]) -> "ShardCounts":
        """Counts from what `to_json` gave."""
        return cls(
            held["pictures"],
            held["captions"],
            Counter(dict(held["labels"])),
            Counter({tuple(values): count for values, count in held["attributes"]}),
        )


@dataclass(frozen=True)
class Shard:
    """A file of records that is whole.

    Args:
        digest: sha256 of the file.
        counts: Counts of its records.
    """

    digest: str
    counts: ShardCounts


class ShardWriter:
    """A growing file of records.

    Args:
        file: File that is written, under a name that it has until it is whole.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writer = tf.io.TFRecordWriter(str(file))
        self._counts = ShardCounts()

    def write(self, record: Encoded) -> None:
        """Add a record."""
        self._writer.write(record.serialized())
        self._counts.count(record)

    def close(self, path: Path) -> Shard:
        """End the file, and give it its name when its content is on the disk."""
        self._writer.close()
        settle(self._file)
        self._file.rename(path)
        return Shard(sha256_of(path), self._counts)


def shard_name(split: str, number: int, count: int) -> str:
    """Name of a shard, such as `train-00000-of-00008.tfrecord`."""
    return f"{split}-{number:05d}-of-{count:05d}.tfrecord"
