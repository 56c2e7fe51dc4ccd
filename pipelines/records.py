"""The on-disk format of every source: sharded TFRecords and a `dataset.json`."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.errors import InputError
from pipelines.lazy import tf

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Attribute:
    """A property whose true value each record states.

    Args:
        name: Such as `body colour`.
        values: Its possible values; a record holds an index.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """A captioned picture.

    Args:
        id: Unique in its data set.
        image: uint8 (S, S, 3).
        captions: At least one.
        label: Index of its class, or -1.
        attributes: An index an attribute, or -1 where unknown.
    """

    id: str
    image: np.ndarray
    captions: tuple[str, ...]
    label: int = -1
    attributes: tuple[int, ...] = ()


@dataclass(frozen=True)
class SplitInfo:
    """Counts and files of one split; `shards` maps a file's name to its sha256."""

    pictures: int
    captions: int
    shards: dict[str, str]


@dataclass(frozen=True)
class DatasetInfo:
    """What `dataset.json` says.

    Args:
        source: Name of the source.
        licence: Licence of the pictures and captions.
        image_size: Side at which to train, in pixels.
        stored_size: Side of the stored pictures: room for a random crop.
        classes: Names of the classes, by label.
        attributes: The attributes, in the order of a record's.
        splits: The splits by name.
        skipped: What was left out, a line each.
        options: The source's options.
        format_version: Of the records.
    """

    source: str
    licence: str
    image_size: int
    stored_size: int
    classes: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    splits: dict[str, SplitInfo] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def checksum(self) -> str:
        """One sha256 over all shards."""
        whole = hashlib.sha256()
        for name in sorted(self.splits):
            for shard, digest in sorted(self.splits[name].shards.items()):
                whole.update(f"{shard} {digest}\n".encode())
        return whole.hexdigest()

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def load(cls, directory: Path) -> "DatasetInfo":
        """Read a folder's `dataset.json`.

        Raises:
            InputError: No such folder or file, or one of another version.
        """
        directory, file = Path(directory), Path(directory) / "dataset.json"
        if not directory.is_dir():
            raise InputError(f"{directory}: no such data folder.")
        if not file.exists():
            raise InputError(
                f"{directory} is no prepared data set: it has no dataset.json. "
                "Make one with `python -m pipelines.prepare`."
            )
        try:
            held = json.loads(file.read_text("utf-8"))
        except ValueError as error:
            raise InputError(f"{file}: not readable as JSON ({error}).") from error
        if held.get("format_version") != FORMAT_VERSION:
            raise InputError(
                f"{file}: format_version must be {FORMAT_VERSION}. "
                f"Received: {held.get('format_version')!r}."
            )
        names = cls.__dataclass_fields__
        known = {name: value for name, value in held.items() if name in names}
        known["classes"] = tuple(held["classes"])
        known["attributes"] = tuple(
            Attribute(a["name"], tuple(a["values"])) for a in held["attributes"]
        )
        known["splits"] = {name: SplitInfo(**split) for name, split in held["splits"].items()}
        known["skipped"] = tuple(held["skipped"])
        return cls(**known)


@dataclass(frozen=True)
class Split:
    """A split in memory, or mapped from a file when it is large.

    Args:
        images: uint8 (N, S, S, 3).
        captions: All captions, picture after picture.
        caption_starts: int64 (N + 1,): picture i's are `captions[starts[i] : starts[i + 1]]`.
        labels: int64 (N,), -1 where there is no class.
        attributes: int64 (N, A).
        ids: The pictures' ids.
        info: The data set's.
    """

    images: np.ndarray
    captions: list[str]
    caption_starts: np.ndarray
    labels: np.ndarray
    attributes: np.ndarray
    ids: list[str]
    info: DatasetInfo


def write_dataset(
    out: Path, info: DatasetInfo, records: Iterable[tuple[str, Record]], shards: int = 8
) -> DatasetInfo:
    """Write records, whole or not at all: into a sibling folder that is renamed at the end.

    Args:
        out: The folder to create; it must not exist, or be empty.
        info: What is known beforehand; the splits are filled in.
        records: Pairs (split, record). May raise; then nothing is left.
        shards: Files a split.

    Returns:
        The information with its splits.
    """
    out = Path(out)
    partial = out.parent / f".{out.name}.partial-{os.getpid()}"
    partial.mkdir(parents=True)
    try:
        splits = _write_shards(partial, records, shards)
        info = DatasetInfo(**{**info.__dict__, "splits": splits})
        text = json.dumps(info.to_json(), indent=1, ensure_ascii=False) + "\n"
        (partial / "dataset.json").write_text(text, "utf-8")
        if out.exists():
            out.rmdir()
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return info


def read_split(directory: Path, split: str) -> Split:
    """Read and check a split; record i of a split lies in shard i mod the number of shards.

    Raises:
        InputError: Missing folder, unknown split, missing or altered shard.
    """
    directory, info = Path(directory), DatasetInfo.load(directory)
    if split not in info.splits:
        raise InputError(
            f"{directory} has no split {split!r}. It has: {', '.join(info.splits) or 'none'}."
        )
    examples = list(_read_examples(directory, info.splits[split]))
    counts = [len(example["captions"].bytes_list.value) for example in examples]
    return Split(
        images=_images(directory, split, info, [e["image"].bytes_list.value[0] for e in examples]),
        captions=[c.decode() for e in examples for c in e["captions"].bytes_list.value],
        caption_starts=np.concatenate([[0], np.cumsum(counts)]).astype("int64"),
        labels=np.array([e["label"].int64_list.value[0] for e in examples], "int64"),
        attributes=np.array(
            [list(e["attributes"].int64_list.value) for e in examples], "int64"
        ).reshape(len(examples), len(info.attributes)),
        ids=[e["id"].bytes_list.value[0].decode() for e in examples],
        info=info,
    )


def _write_shards(
    folder: Path, records: Iterable[tuple[str, Record]], shards: int
) -> dict[str, SplitInfo]:
    writers: dict[str, list[Any]] = {}
    pictures: dict[str, int] = {}
    captions: dict[str, int] = {}
    for split, record in records:
        if split not in writers:
            names = [f"{split}-{i:05d}-of-{shards:05d}.tfrecord" for i in range(shards)]
            writers[split] = [tf.io.TFRecordWriter(str(folder / name)) for name in names]
        count = pictures.get(split, 0)
        writers[split][count % shards].write(_example(record).SerializeToString())
        pictures[split] = count + 1
        captions[split] = captions.get(split, 0) + len(record.captions)
    for writer in (writer for group in writers.values() for writer in group):
        writer.close()
    return {
        split: SplitInfo(
            pictures[split],
            captions[split],
            {f.name: _sha256(f) for f in sorted(folder.glob(f"{split}-*.tfrecord"))},
        )
        for split in sorted(writers)
    }


def _example(record: Record) -> "tf.train.Example":
    png = io.BytesIO()
    Image.fromarray(record.image).save(png, "PNG", compress_level=3)
    lists = {
        "id": tf.train.BytesList(value=[record.id.encode()]),
        "image": tf.train.BytesList(value=[png.getvalue()]),
        "captions": tf.train.BytesList(value=[c.encode() for c in record.captions]),
    }
    numbers = {"label": [record.label], "attributes": list(record.attributes)}
    features = {name: tf.train.Feature(bytes_list=value) for name, value in lists.items()} | {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=value))
        for name, value in numbers.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features))


def _read_examples(directory: Path, split: SplitInfo) -> Iterator[Any]:
    shards = []
    for name, digest in sorted(split.shards.items()):
        path = directory / name
        if not path.exists():
            raise InputError(f"{path}: the shard is missing; prepare the data again.")
        if _sha256(path) != digest:
            raise InputError(f"{path}: the shard is not the one that dataset.json describes.")
        shards.append(list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator()))
    for i in range(split.pictures):
        yield tf.train.Example.FromString(shards[i % len(shards)][i // len(shards)]).features.feature


def _images(directory: Path, split: str, info: DatasetInfo, pngs: list[bytes]) -> np.ndarray:
    """All pictures decoded: in memory, or mapped when they would take over a quarter of it."""
    shape = (len(pngs), info.stored_size, info.stored_size, 3)
    if np.prod(shape) <= _memory_bytes() // 4:
        images = np.empty(shape, np.uint8)
        _decode_into(images, pngs)
        return images
    file = directory / ".decoded" / f"{split}-{info.checksum[:8]}.npy"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        partial = file.with_suffix(f".partial-{os.getpid()}")
        _decode_into(np.lib.format.open_memmap(partial, "w+", np.uint8, shape), pngs)
        partial.rename(file)
    return np.load(file, mmap_mode="r")


def _decode_into(images: np.ndarray, pngs: list[bytes]) -> None:
    def decode(i: int) -> None:
        images[i] = np.asarray(Image.open(io.BytesIO(pngs[i])).convert("RGB"))

    with ThreadPoolExecutor() as pool:
        list(pool.map(decode, range(len(pngs))))


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
