"""Melodies with chords, bar by bar: files, and an endless pipeline of batches (`batching`)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .batching import Batch, Batching, BatchOptions
from .data_folder import complete, open_split, sha256_of
from .dataset_info import INFO_FILE, DatasetInfo, SplitInfo
from .held import on_host
from .lazy import tf
from .midi import LOWEST, SPAN
from .order import Draw, scaled
from .whole_folder import whole_folder

if TYPE_CHECKING:
    import tensorflow as tf

KIND = "melodies"
PITCHES = 128
CHORD_WIDTH = 13
_ARRAYS = ("pitches", "chords", "starts")


@dataclass(frozen=True)
class Piece:
    """A melody with chords.

    Args:
        id: Unique in its data set.
        pitches: MIDI numbers int64 (bars, 16), within C4 … B5.
        chords: Numbers of `harmony.CHORDS`, int64 (bars,).
    """

    id: str
    pitches: np.ndarray
    chords: np.ndarray


@dataclass(frozen=True)
class Melodies:
    """A split in memory.

    Args:
        pitches: Pitches, int64 (N, 16), bar after bar of all pieces.
        chords: Chords, int64 (N,).
        starts: Starts of the pieces, int64 (P + 1,): piece p's bars are `starts[p] : starts[p +
            1]`.
    """

    pitches: np.ndarray
    chords: np.ndarray
    starts: np.ndarray

    @property
    def previous(self) -> np.ndarray:
        """The bar before each, int64 (N, 16); -1 before a piece's first."""
        before = np.roll(self.pitches, 1, axis=0)
        before[self.starts[:-1]] = -1
        return before

    def pieces(self, bars: int) -> tuple[np.ndarray, np.ndarray]:
        """The first bars of every piece that has so many: pitches (P, bars, 16), chords."""
        long = [s for s, e in pairwise(self.starts) if e - s >= bars]
        rows = np.array(long, "int64").reshape(-1, 1) + np.arange(bars)
        return self.pitches[rows], self.chords[rows]


def write_melodies(
    out: Path, info: DatasetInfo, pieces: Iterable[tuple[str, Piece]], overwrite: bool = False
) -> DatasetInfo:
    """Write pieces, whole or not at all: an .npz a split, beside `dataset.json`.

    Args:
        out: The folder to create; it must not exist, or be empty.
        info: Information that is known beforehand; the splits are filled in. `skipped` is read at
            the end.
        pieces: Pieces in pairs (split, piece).
        overwrite: Whether to replace a data set that is there already.

    Raises:
        InputError: `out` is not free, or there is no piece in the split `train`.
    """
    with whole_folder(out, INFO_FILE, overwrite) as folder:
        found: dict[str, list[Piece]] = defaultdict(list)
        for split, piece in pieces:
            found[split].append(piece)
        splits = {split: _write_split(folder, split, found[split]) for split in sorted(found)}
        return complete(folder, replace(info, kind=KIND), splits)


def _write_split(folder: Path, split: str, pieces: list[Piece]) -> SplitInfo:
    file = folder / f"{split}.npz"
    counts = [len(piece.chords) for piece in pieces]
    np.savez(
        file,
        pitches=np.concatenate([piece.pitches for piece in pieces]),
        chords=np.concatenate([piece.chords for piece in pieces]),
        starts=np.concatenate([[0], np.cumsum(counts)]),
    )
    return SplitInfo(sum(counts), 0, {file.name: sha256_of(file)})


def read_melodies(directory: Path, split: str) -> Melodies:
    """Read and check a split.

    Raises:
        InputError: No such folder or split, other data than melodies, a missing or altered file.
    """
    _, held = open_split(directory, split, KIND)
    (name,) = held.shards
    with np.load(Path(directory) / name) as arrays:
        return Melodies(**{name: arrays[name].astype("int64") for name in _ARRAYS})


def melody_bars(
    split: Melodies,
    batch_size: int,
    *,
    transpose: bool = True,
    forget: float = 0.0,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    Args:
        split: The melodies (`read_melodies`).
        batch_size: Bars of a global batch, B.
        transpose: Move each bar, the one before it and its chord into a random key, going round
            within the two octaves (Yang et al. 2017, section 4).
        forget: Share of the bars whose bar before is left out.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries with `image`, float32 (B / num_shards, 16, 128), 1 where the note is;
        `previous`, the bar before it, zeros before the first; and `chord` (B / num_shards, 13):
        the root, and whether it is minor.

    Raises:
        InputError: A batch size that the shards do not divide.
    """
    batching = Batching(batch_size, **options)
    shard = batching.shard
    held = tuple(on_host(a) for a in (split.pitches, split.previous, split.chords))

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        pitches, previous, chords = (tf.gather(array, rows[shard]) for array in held)
        by = _semitones(batching, step)[shard] * int(transpose)
        left = tf.random.stateless_uniform((batch_size,), batching.stream(Draw.FORGET, step))[shard]
        previous = tf.where(left[:, None] < forget, tf.constant(-1, tf.int64), previous)
        return {
            "image": roll_of(moved(pitches, by[:, None])),
            "previous": roll_of(moved(previous, by[:, None])),
            "chord": chord_of((chords + by) % 12 + 12 * (chords // 12)),
        }

    return batching.dataset(batching.order(len(split.chords)), load)


def _semitones(batching: Batching, step: "tf.Tensor") -> "tf.Tensor":
    """How far each bar of a batch is moved up, int64 (B,) in [0, 12)."""
    stream = batching.stream(Draw.DERIVE, step)
    drawn = tf.random.stateless_uniform((batching.size,), stream, dtype=tf.float64)
    return scaled(drawn, tf.constant(12, tf.int64))


def moved(pitches: "tf.Tensor", semitones: "tf.Tensor") -> "tf.Tensor":
    """MIDI numbers moved up, going round within the two octaves; -1 stays."""
    return tf.where(pitches < 0, pitches, LOWEST + (pitches - LOWEST + semitones) % SPAN)


def roll_of(pitches: "tf.Tensor") -> "tf.Tensor":
    """MIDI numbers (…, 16) as float32 (…, 16, 128), 1 where the note is; -1 is no note."""
    return tf.one_hot(pitches, PITCHES)


def chord_of(chords: "tf.Tensor") -> "tf.Tensor":
    """Numbers of `harmony.CHORDS` (…) as float32 (…, 13): the root, and 1 for minor."""
    minor = tf.cast(chords >= 12, tf.float32)[..., None]
    return tf.concat([tf.one_hot(chords % 12, 12), minor], -1)
