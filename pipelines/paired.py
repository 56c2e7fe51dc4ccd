"""Pairs of pictures as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`).

A pair is a picture to be made and the source from which it is made: either another picture that is
stored with it, or the picture itself, degraded.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .batching import Batch, Batching, BatchOptions
from .errors import InputError
from .lazy import tf
from .order import Draw
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
from .records import Split
from .scaling import as_floats

if TYPE_CHECKING:
    import tensorflow as tf

_Sources = Callable[["tf.Tensor", "tf.Tensor", "tf.Tensor"], "tf.Tensor"]  # step, rows, images


class Degradation(ABC):
    """A loss of detail in pictures, which a generator is to undo."""

    @abstractmethod
    def source_size(self, size: int) -> int:
        """Side of the degraded pictures, for the side of the whole ones.

        Raises:
            InputError: Pictures of that side cannot be degraded so.
        """

    @abstractmethod
    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Pictures (N, S, S, C) in [−1, 1], degraded as a (2,) seed decides."""


@dataclass(frozen=True)
class Downsample(Degradation):
    """Pictures at a fraction of their size, antialiased (bicubic, as Ledig et al. 2017).

    Args:
        factor: Ratio of a whole picture's side to the small one's.
    """

    factor: int = 4

    def source_size(self, size: int) -> int:
        """The smaller side."""
        if size % self.factor:
            raise InputError(
                f"The pictures' side must be a multiple of {self.factor}. Received: {size}."
            )
        return size // self.factor

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Smaller pictures (N, S / factor, S / factor, C) in [−1, 1]."""
        side = self.source_size(images.shape[1])
        small = tf.image.resize(images, (side, side), "bicubic", antialias=True)
        return tf.clip_by_value(small, -1.0, 1.0)


class Masked(Degradation):
    """Pictures of which a part is missing, grey, with a channel more: 1 where it is missing."""

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Masked pictures and their mask, (N, S, S, C + 1)."""
        mask = self.mask(images, seed)
        return tf.concat([images * (1.0 - mask), mask], -1)

    @abstractmethod
    def mask(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Float32 (N, S, S, 1): 1 where a picture is missing, else 0."""


@dataclass(frozen=True)
class CentreMask(Masked):
    """Pictures without their middle (Pathak et al. 2016).

    Args:
        share: Side of the hole, as a share of the picture's, in (0, 1).
    """

    share: float = 0.5

    def source_size(self, size: int) -> int:
        """The same side."""
        if not 1 <= round(size * self.share) < size:
            raise InputError(
                f"A hole's share of the side must lie between 0 and 1. Received: {self.share}."
            )
        return size

    def hole(self, size: int) -> slice:
        """Rows, and columns, of the hole in pictures of a side."""
        side = round(size * self.share)
        first = (size - side) // 2
        return slice(first, first + side)

    def mask(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Float32 (N, S, S, 1), the same for all pictures."""
        size = images.shape[1]
        line = np.zeros(size, "float32")
        line[self.hole(size)] = 1.0
        mask = tf.constant(np.outer(line, line)[None, :, :, None])
        return tf.repeat(mask, tf.shape(images)[0], axis=0)


@dataclass(frozen=True)
class RandomMasks(Masked):
    """Pictures without some rectangles (Pathak et al. 2016, section 3.3, "random block").

    As there, they overlap or not and cover a quarter of the picture at most.

    Args:
        count: Number of rectangles, at least 1.
        largest: Longest side of each, as a share of the picture's, in (0, 1); the shortest is half
            of it.
    """

    count: int = 4
    largest: float = 0.25

    def source_size(self, size: int) -> int:
        """The same side."""
        if self.count < 1 or not 2 <= size * self.largest < size:
            raise InputError(
                "Random holes need a count of at least 1 and a largest share of the side between 0 "
                f"and 1. Received: {self.count} and {self.largest}."
            )
        return size

    def mask(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Float32 (N, S, S, 1), another for each picture."""
        size, rows = images.shape[1], tf.shape(images)[0]
        drawn = tf.random.stateless_uniform((rows, self.count, 4), seed)
        sides = (0.5 + 0.5 * drawn[..., :2]) * self.largest * size
        firsts = drawn[..., 2:] * (size - sides)
        line = tf.range(size, dtype=tf.float32) + 0.5
        inside = tf.logical_and(
            line >= firsts[..., None], line < (firsts + sides)[..., None]
        )  # (N, count, 2, size)
        holes = tf.logical_and(inside[:, :, 0, :, None], inside[:, :, 1, None, :])
        return tf.cast(tf.reduce_any(holes, 1), tf.float32)[..., None]


def paired_pictures(
    split: Split,
    batch_size: int,
    degradation: Degradation | None = None,
    *,
    augmentation: DataAugmentation = CROP_AND_FLIP,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of pictures and the sources from which each is to be made.

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: Rows of a global batch, B.
        degradation: Loss that makes a picture its own source; `None` takes the picture that is
            stored with it, cropped and mirrored alike.
        augmentation: DataAugmentation of each pair, before all else.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries with `source` and `image`, float32 (B / num_shards, …) in [-1, 1].

    Raises:
        InputError: No pictures or no pairs, a batch size that the shards do not divide, or a size
            that cannot be degraded.
    """
    batching = Batching(batch_size, **options)
    # A degradation may be random: it is drawn for the whole batch, so that shards fit together.
    pictures = augmented_pictures(split, batching.whole, augmentation)
    if degradation is None:
        sources = _stored_sources(split, batching.whole, augmentation)
    else:
        sources = _degraded_sources(split, batching.whole, degradation)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        images, _ = pictures(step, rows)
        pair = {"source": sources(step, rows, images), "image": images}
        return {name: values[batching.shard] for name, values in pair.items()}

    return batching.dataset(batching.order(len(split.images)), load)


def _stored_sources(split: Split, batching: Batching, augmentation: DataAugmentation) -> _Sources:
    """The stored sources of the split's pictures."""
    if split.given is None:
        raise InputError(
            f"The data of source {split.info.source!r} are no pairs; prepare pairs of pictures "
            "(bird-maps, pairs)."
        )
    stored = augmented_pictures(replace(split, images=split.given), batching, augmentation)
    return lambda step, rows, images: stored(step, rows)[0]


def _degraded_sources(split: Split, batching: Batching, degradation: Degradation) -> _Sources:
    """The pictures themselves, degraded."""
    degradation.source_size(split.info.image_size)
    return lambda step, rows, images: degradation(
        as_floats(images), batching.stream(Draw.DERIVE, step)
    )
