"""Pairs of pictures as an endless, seeded, resumable tf.data pipeline.

As `pipelines.captions`: every batch is a pure function of `(seed, step)`. A picture is to be made
either from one that is stored with it, or from what is derived from it.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .errors import InputError
from .lazy import tf
from .order import batches, stream, visiting_order
from .pictures import CROP_AND_FLIP, Augmentation, augmented_pictures, part_of
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf

Pair = dict[str, "tf.Tensor"]


class Degradation(Protocol):
    """What is made of a picture; the picture itself is then to be found again."""

    def source_size(self, size: int) -> int:
        """Side of what is made of pictures of a side."""

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Pictures (N, S, S, C) in [−1, 1] to what is made of them, by a (2,) seed."""


@dataclass(frozen=True)
class Downsample:
    """The picture at a fraction of its size, antialiased (bicubic, as Ledig et al. 2017).

    Args:
        factor: How many times smaller a side is.
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


@dataclass(frozen=True)
class CentreMask:
    """The picture without its middle, and where that is missing (Pathak et al. 2016).

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

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Pictures with a grey hole and, as a fourth channel, 1 where the hole is."""
        size = images.shape[1]
        side = round(size * self.share)
        first = (size - side) // 2
        line = np.zeros(size, "float32")
        line[first : first + side] = 1.0
        mask = tf.constant(np.outer(line, line)[None, :, :, None])
        return _holed(images, tf.repeat(mask, tf.shape(images)[0], axis=0))


@dataclass(frozen=True)
class RandomMasks:
    """The picture without some rectangles (Pathak et al. 2016, section 3.3, "random block").

    As there, they overlap or not and cover a quarter of the picture at most.

    Args:
        count: Rectangles, at least 1.
        largest: Side of each at most, as a share of the picture's, in (0, 1); at least half of it.
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

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Pictures with grey holes and, as a fourth channel, 1 where the holes are."""
        size, rows = images.shape[1], tf.shape(images)[0]
        drawn = tf.random.stateless_uniform((rows, self.count, 4), seed)
        sides = (0.5 + 0.5 * drawn[..., :2]) * self.largest * size
        firsts = drawn[..., 2:] * (size - sides)
        line = tf.range(size, dtype=tf.float32) + 0.5
        inside = tf.logical_and(
            line >= firsts[..., None], line < (firsts + sides)[..., None]
        )  # (N, count, 2, size)
        holes = tf.logical_and(inside[:, :, 0, :, None], inside[:, :, 1, None, :])
        return _holed(images, tf.cast(tf.reduce_any(holes, 1), tf.float32)[..., None])


def _holed(images: "tf.Tensor", mask: "tf.Tensor") -> "tf.Tensor":
    return tf.concat([images * (1.0 - mask), mask], -1)


def paired_pictures(
    split: Split,
    batch_size: int,
    derivation: Degradation | None = None,
    *,
    seed: int = 0,
    augmentation: Augmentation = CROP_AND_FLIP,
    start_step: int = 0,
    num_shards: int = 1,
    shard_index: int = 0,
    prefetch: int = 4,
) -> "tf.data.Dataset":
    """An endless dataset of pictures and what each is to be made from.

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: The global batch size B.
        derivation: What is made of a picture; `None` takes the one that is stored with it, cropped
            and mirrored alike.
        seed: Fixes everything that is random.
        augmentation: What is done to a pair first.
        start_step: The first step, at least 0: where an interrupted training goes on.
        num_shards: Into how many equal parts each global batch is cut.
        shard_index: Which part this dataset yields, in `[0, num_shards)`.
        prefetch: Batches prepared ahead.

    Returns:
        Dictionaries with `source` and `image`, float32 (B / num_shards, …) in [-1, 1].

    Raises:
        InputError: No pictures or no pairs, a batch size that the shards do not divide, or a size
            that the derivation cannot take.
    """
    part = part_of(batch_size, num_shards, shard_index)
    # What is made of a picture may be random: of the whole batch, so that parts fit together.
    pictures = augmented_pictures(split, batch_size, seed, augmentation, slice(None))
    if derivation is None:
        given = augmented_pictures(_stored(split), batch_size, seed, augmentation, slice(None))
    else:
        derivation.source_size(split.info.image_size)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Pair:
        images, _ = pictures(step, rows)
        if derivation is None:
            sources, _ = given(step, rows)
        else:
            sources = derivation(images, stream(seed, "derive", step))
        return {"source": sources[part], "image": images[part]}

    order = visiting_order(len(split.images), batch_size, seed=seed, start_step=start_step)
    return batches(order, load, prefetch)


def _stored(split: Split) -> Split:
    """The split with the pictures that are stored beside its own."""
    if split.given is None:
        raise InputError(
            f"The data of source {split.info.source!r} are no pairs; prepare pairs of pictures "
            "(bird-maps, pairs)."
        )
    return replace(split, images=split.given)
