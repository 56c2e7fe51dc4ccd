"""Records into TFRecord shards, beside a `dataset.json`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .attributes import AttributeSchema, count_combinations, count_labels
from .data_folder import complete
from .dataset_info import INFO_FILE, DatasetInfo, SplitInfo
from .record import Record
from .shard import Shard, ShardCounts, ShardWriter, shard_name
from .whole_folder import whole_folder

SHARDS = 8  # of a split, unless another number is asked for
_MOST_COMBINATIONS = 1000  # that dataset.json lists


def write_dataset(
    out: Path,
    info: DatasetInfo,
    records: Iterable[tuple[str, Record]],
    shards: int = SHARDS,
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
        growing: dict[str, list[ShardWriter]] = defaultdict(list)
        written: Counter[str] = Counter()
        for split, record in records:
            number = written[split] % shards
            if number == len(growing[split]):
                growing[split].append(ShardWriter(folder / f"{split}-{number:05d}.partial"))
            growing[split][number].write(record.encoded)
            written[split] += 1
        whole = {split: _closed(folder, split, growing[split]) for split in sorted(growing)}
        return complete_records(folder, info, whole)


def _closed(folder: Path, split: str, growing: Sequence[ShardWriter]) -> dict[str, Shard]:
    """The shards of a split by name; how many there are is known at the end, so named then."""
    names = [shard_name(split, number, len(growing)) for number in range(len(growing))]
    return {n: writer.close(folder / n) for n, writer in zip(names, growing, strict=True)}


def complete_records(
    folder: Path, info: DatasetInfo, shards: Mapping[str, Mapping[str, Shard]]
) -> DatasetInfo:
    """Write the `dataset.json` of a folder whose shards are all there.

    Args:
        folder: The folder (`whole_folder`).
        info: Information that is known beforehand; the splits and warnings are filled in.
        shards: The shards by split and name.

    Returns:
        The information with its splits and warnings.

    Raises:
        InputError: There are no records in the split `train`.
    """
    counts = {
        split: sum((shard.counts for shard in held.values()), ShardCounts())
        for split, held in shards.items()
    }
    splits = {
        split: _described(shards[split], counts[split], info)
        for split in sorted(shards)
        if counts[split].pictures
    }
    labels = {split: counts[split].labels for split in splits}
    warnings = tuple(_warnings(info.classes, labels, splits))
    return complete(folder, info, _without_many_combinations(info, splits), warnings)


def _described(shards: Mapping[str, Shard], counts: ShardCounts, info: DatasetInfo) -> SplitInfo:
    digests = {name: shard.digest for name, shard in shards.items()}
    known = (counts.pictures, counts.captions, digests, len(counts.labels))
    if not info.attributes:
        return SplitInfo(*known)
    schema = AttributeSchema(info.attributes)
    vectors = schema.multi_hot(np.array(list(counts.attributes.elements())))
    return SplitInfo(
        *known,
        labels=count_labels(schema, vectors),
        combinations=count_combinations(schema, vectors),
    )


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
