"""Records into TFRecord shards, beside a `dataset.json`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from .attributes import Attribute, AttributeSchema, count_combinations, count_labels
from .data_folder import complete, sha256_of
from .dataset_info import INFO_FILE, DatasetInfo, SplitInfo
from .lazy import tf
from .record import Record
from .whole_folder import whole_folder

_MOST_COMBINATIONS = 1000  # that dataset.json lists


def write_dataset(
    out: Path,
    info: DatasetInfo,
    records: Iterable[tuple[str, Record]],
    shards: int = 8,
    *,
    overwrite: bool = False,
) -> DatasetInfo:
    """Write records, whole or not at all: into a sibling folder that is renamed at the end.

    Args:
        out: The folder to create; it must not exist, or be empty.
        info: Information that is known beforehand; the splits and warnings are filled in. `skipped`
            is read at the end: it may be a list that grows while the records are drawn.
        records: Records in pairs (split, record). May raise; then nothing is left.
        shards: Number of files per split, at most; a split of fewer pictures has a file for each
            picture.
        overwrite: Whether to replace a data set that is there already, once the new one is whole.

    Returns:
        The information with its splits and warnings.

    Raises:
        InputError: `out` is not free, or there are no records in the split `train`.
    """
    with whole_folder(out, INFO_FILE, overwrite) as folder:
        writers: dict[str, _SplitWriter] = {}
        for split, record in records:
            if split not in writers:
                writers[split] = _SplitWriter(folder, split, shards)
            writers[split].write(record)
        splits = {split: writers[split].close(info.attributes) for split in sorted(writers)}
        labels = {split: writer.labels for split, writer in writers.items()}
        warnings = tuple(_warnings(info.classes, labels, splits))
        return complete(folder, info, _without_many_combinations(info, splits), warnings)


@dataclass
class _SplitWriter:
    """The growing shards of a split; how many there are is known at the end, so named then."""

    folder: Path
    split: str
    shards: int
    writers: list[Any] = field(default_factory=list)
    pictures: int = 0
    captions: int = 0
    labels: Counter[int] = field(default_factory=Counter)
    attributes: list[tuple[int, ...]] = field(default_factory=list)

    def write(self, record: Record) -> None:
        shard = self.pictures % self.shards
        if shard == len(self.writers):
            self.writers.append(tf.io.TFRecordWriter(str(self._partial(shard))))
        self.writers[shard].write(record.serialized())
        self.pictures += 1
        self.captions += len(record.captions)
        self.attributes.append(record.attributes)
        if record.label >= 0:
            self.labels[record.label] += 1

    def close(self, attributes: Sequence[Attribute]) -> SplitInfo:
        digests, count = {}, len(self.writers)
        for shard, writer in enumerate(self.writers):
            writer.close()
            path = self.folder / f"{self.split}-{shard:05d}-of-{count:05d}.tfrecord"
            self._partial(shard).rename(path)
            digests[path.name] = sha256_of(path)
        known = (self.pictures, self.captions, digests, len(self.labels))
        if not attributes:
            return SplitInfo(*known)
        schema = AttributeSchema(tuple(attributes))
        vectors = schema.multi_hot(np.array(self.attributes))
        return SplitInfo(
            *known,
            labels=count_labels(schema, vectors),
            combinations=count_combinations(schema, vectors),
        )

    def _partial(self, shard: int) -> Path:
        return self.folder / f"{self.split}-{shard:05d}.partial"


def _without_many_combinations(
    info: DatasetInfo, splits: dict[str, SplitInfo]
) -> dict[str, SplitInfo]:
    occurring = {name for split in splits.values() for name in split.combinations}
    if not info.classes and len(occurring) <= _MOST_COMBINATIONS:
        return splits
    return {name: replace(split, combinations={}) for name, split in splits.items()}


def _warnings(
    classes: Sequence[str], labels: Mapping[str, Counter[int]], splits: Mapping[str, SplitInfo]
) -> Iterator[str]:
    """Lines on what presets and scores will stumble over."""
    total = sum(labels.values(), Counter[int]())
    for label in sorted(total):
        if total[label] == 1:
            yield f"warning: class {classes[label]!r} has one picture only."
    if "train" in splits and splits["train"].captions:
        yield from _without_mismatch(classes, labels["train"], splits["train"].pictures)
    unseen = next((name for name in ("test", "val") if name in splits), None)
    if unseen is None:
        yield "warning: no picture is in the split 'test': nothing unseen to score against."
    elif unseen == "val":
        yield "warning: no picture is in the split 'test'; to score against 'val', say --split val."
    if unseen and splits[unseen].pictures == 1:
        yield (
            f"warning: the split {unseen!r} has one picture only; scores that compare many "
            "pictures need more. Prepare more pictures, or hold out a larger share."
        )


def _without_mismatch(classes: Sequence[str], labels: Counter[int], pictures: int) -> Iterator[str]:
    """Say where no mismatched caption can be drawn, which GANs of captions learn from."""
    if pictures == 1:
        yield (
            "warning: the split 'train' has one picture only; GANs of captions need a second one, "
            "with another caption."
        )
    elif len(labels) == 1 and labels.total() == pictures:
        (only,) = labels
        yield (
            f"warning: all pictures of the split 'train' are of the class {classes[only]!r}; GANs "
            "of captions need two classes, or none."
        )
