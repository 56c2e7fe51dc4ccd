"""The on-disk format of every source: TFRecord shards beside a `dataset.json`.

Record i of a split lies in shard i mod the number of shards, so that reading the shards in turn
gives the order of writing back.
"""

import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .attributes import AttributeSchema, count_combinations, count_labels
from .dataset_info import INFO_FILE, Attribute, DatasetInfo, SplitInfo
from .errors import InputError
from .lazy import tf
from .ordered import ordered_map
from .whole_folder import whole_folder

__all__ = [
    "Attribute",
    "DatasetInfo",
    "Record",
    "Split",
    "SplitInfo",
    "read_split",
    "write_dataset",
]

_MOST_COMBINATIONS = 1000  # that dataset.json lists


@dataclass(frozen=True)
class Record:
    """A picture with its captions, if any.

    Args:
        id: Unique in its data set.
        image: uint8 (S, S, 3).
        captions: None of pictures alone.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn (`Attribute.columns`), -1 where unknown.
        given: Of data of pairs, uint8 (S, S, 3): the picture from which this one is to be made.
    """

    id: str
    image: np.ndarray
    captions: tuple[str, ...] = ()
    label: int = -1
    attributes: tuple[int, ...] = ()
    given: np.ndarray | None = None


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
        info: What is known beforehand; the splits and warnings are filled in. `skipped` is read
            at the end: it may be a list that grows while the records are drawn.
        records: Pairs (split, record). May raise; then nothing is left.
        shards: Files a split, at most; a split of fewer pictures has a file a picture.
        overwrite: Replace a data set that is there already, once the new one is whole.

    Returns:
        The information with its splits and warnings.

    Raises:
        InputError: `out` is not free, or there are no records in the split `train`.
    """
    with whole_folder(out, INFO_FILE, overwrite) as folder:
        writers = _write_shards(folder, records, shards)
        if "train" not in writers:
            raise InputError(_nothing_to_train_on(info, writers))
        splits = {split: writers[split].close(info.attributes) for split in sorted(writers)}
        labels = sum((writer.labels for writer in writers.values()), Counter())
        info = replace(
            info,
            splits=_without_many_combinations(info, splits),
            skipped=tuple(info.skipped),
            warnings=(*info.warnings, *_warnings(info.classes, labels, splits)),
        )
        text = json.dumps(info.to_json(), indent=1, ensure_ascii=False) + "\n"
        (folder / INFO_FILE).write_text(text, "utf-8")
    return info


def read_split(directory: Path, split: str) -> Split:
    """Read and check a split, in the order of its writing.

    Pictures that would take more than a quarter of the memory are decoded once into a file below
    the folder and mapped from there.

    Raises:
        InputError: Missing folder, unknown split, missing or altered shard.
    """
    directory, info = Path(directory), DatasetInfo.load(directory)
    info.require(directory, "pictures")
    if split not in info.splits:
        raise InputError(
            f"{directory} has no split {split!r}. It has: {', '.join(info.splits) or 'none'}."
        )
    _check_shards(directory, info.splits[split])
    rows: list[Any] = []

    def pngs() -> Iterator[list[bytes]]:
        for features in _read_features(directory, info.splits[split]):
            yield [features[name].bytes_list.value[0] for name in _pictures(info)]
            for name in _pictures(info):
                del features[name]
            rows.append(features)

    images = _images(directory, split, info, pngs())
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
        self.writers[shard].write(_example(record).SerializeToString(deterministic=True))
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
            digests[path.name] = _sha256(path)
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


def _write_shards(
    folder: Path, records: Iterable[tuple[str, Record]], shards: int
) -> dict[str, _SplitWriter]:
    writers: dict[str, _SplitWriter] = {}
    for split, record in records:
        if split not in writers:
            writers[split] = _SplitWriter(folder, split, shards)
        writers[split].write(record)
    return writers


def _without_many_combinations(
    info: DatasetInfo, splits: dict[str, SplitInfo]
) -> dict[str, SplitInfo]:
    occurring = {name for split in splits.values() for name in split.combinations}
    if not info.classes and len(occurring) <= _MOST_COMBINATIONS:
        return splits
    return {name: replace(split, combinations={}) for name, split in splits.items()}


def _nothing_to_train_on(info: DatasetInfo, splits: Iterable[str]) -> str:
    held = ", ".join(sorted(splits))
    found = f"all pictures are in {held}: there is no train split" if held else "no picture is left"
    skipped = f" {len(info.skipped)} skipped, first: {info.skipped[0]}" if info.skipped else ""
    return f"{info.source}: {found}; nothing was written.{skipped}"


def _warnings(
    classes: Sequence[str], labels: Counter[int], splits: Container[str]
) -> tuple[str, ...]:
    lonely = [classes[label] for label in sorted(labels) if labels[label] == 1]
    few = [f"warning: class {name!r} has one picture only." for name in lonely]
    if "test" not in splits:
        few.append("warning: no picture is in the split 'test': nothing unseen to score against.")
    return tuple(few)


def _example(record: Record) -> "tf.train.Example":
    lists = {
        "id": tf.train.BytesList(value=[record.id.encode()]),
        "image": tf.train.BytesList(value=[_png(record.image)]),
        "captions": tf.train.BytesList(value=[c.encode() for c in record.captions]),
    }
    if record.given is not None:
        lists["given"] = tf.train.BytesList(value=[_png(record.given)])
    numbers = {"label": [record.label], "attributes": list(record.attributes)}
    features = {name: tf.train.Feature(bytes_list=value) for name, value in lists.items()} | {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=value))
        for name, value in numbers.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def _png(image: np.ndarray) -> bytes:
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=3)
    return png.getvalue()


def _pictures(info: DatasetInfo) -> tuple[str, ...]:
    """Names of a record's pictures; decoded, their channels lie one after the other."""
    return ("image", "given") if info.paired else ("image",)


def _check_shards(directory: Path, split: SplitInfo) -> None:
    for name, digest in split.shards.items():
        path = directory / name
        if not path.exists():
            raise InputError(f"{path}: the shard is missing; prepare the data again.")
        if _sha256(path) != digest:
            raise InputError(
                f"{path}: the shard is cut short or altered: its sha256 is not the one of "
                f"{INFO_FILE}. Prepare the data again."
            )


def _read_features(directory: Path, split: SplitInfo) -> Iterator[Any]:
    paths = [str(directory / name) for name in sorted(split.shards)]
    shards = [tf.data.TFRecordDataset(path).as_numpy_iterator() for path in paths]
    for i in range(split.pictures):
        yield tf.train.Example.FromString(next(shards[i % len(shards)])).features.feature


def _images(
    directory: Path, split: str, info: DatasetInfo, pngs: Iterator[list[bytes]]
) -> np.ndarray:
    """All pictures decoded; draws all of `pngs`."""
    side = info.stored_size
    shape = (info.splits[split].pictures, side, side, 3 * len(_pictures(info)))
    if np.prod(shape) <= _memory_bytes() // 4:
        images = np.empty(shape, np.uint8)
        for i, image in enumerate(ordered_map(_decode, pngs)):
            images[i] = image
        return images
    file = directory / ".decoded" / f"{split}-{info.checksum[:8]}.npy"
    if file.exists():
        for _ in pngs:
            pass
    else:
        _decode_to_file(file, shape, pngs)
    return np.load(file, mmap_mode="r")


def _decode_to_file(file: Path, shape: tuple[int, ...], pngs: Iterator[list[bytes]]) -> None:
    # Written, not mapped: on a full disk a write fails, a mapping kills the process.
    partial = file.with_suffix(f".partial-{os.getpid()}")
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    file.parent.mkdir(exist_ok=True)
    try:
        with partial.open("wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            for image in ordered_map(_decode, pngs):
                stream.write(image.tobytes())
        partial.rename(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _decode(pngs: list[bytes]) -> np.ndarray:
    pictures = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in pngs]
    return np.concatenate(pictures, -1)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
