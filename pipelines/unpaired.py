"""Pictures of two kinds as an endless, seeded, resumable tf.data pipeline.

As `pipelines.captions`: every batch is a pure function of `(seed, step)`. The kinds are two classes
or labels of one data set; which picture of the one stands beside which of the other, is chance.
"""

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .attributes import AttributeSchema
from .errors import InputError
from .lazy import tf
from .order import batches, visiting_order
from .pictures import CROP_AND_FLIP, Augmentation, augmented_pictures, part_of
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def pictures_of(split: Split, kind: str) -> Split:
    """The pictures of a class, or with a label (`rows_of_kind`); only their images.

    Raises:
        InputError: As `rows_of_kind`.
    """
    return replace(split, images=split.images[rows_of_kind(split, kind)])


def rows_of_kind(split: Split, kind: str) -> np.ndarray:
    """Which pictures are of a class, or have a label, bool (N,).

    Args:
        split: The records.
        kind: Name of a class, or of a label; `attribute: label` where several have it.

    Raises:
        InputError: No such class or label, several attributes have it, or no picture has it.
    """
    kinds = _kinds(split)
    found = {n: rows for n, rows in kinds.items() if kind in (n, n.rpartition(": ")[2])}
    if not found:
        near = difflib.get_close_matches(kind, {n.rpartition(": ")[2] for n in kinds} | {*kinds})
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(kinds) or "none"
        raise InputError(f"The data have no class or label {kind!r}.{hint} They have: {known}.")
    rows = next(iter(found.values()))
    if any((other != rows).any() for other in found.values()):
        raise InputError(f"Several attributes have {kind!r}; give one of: {', '.join(found)}.")
    if not rows.any():
        raise InputError(f"No picture is of {kind!r}.")
    return rows


def _kinds(split: Split) -> dict[str, np.ndarray]:
    """Every class and label, and which rows (N,) are of it."""
    kinds = {name: split.labels == i for i, name in enumerate(split.info.classes)}
    if split.info.attributes:
        schema = AttributeSchema(split.info.attributes)
        held = schema.multi_hot(split.attributes) > 0.5
        names = [f"{a.name}: {value}" for a in split.info.attributes for value in a.values]
        kinds |= {name: held[:, column] for column, name in enumerate(names)}
    return kinds


def unpaired_pictures(
    first: Split,
    second: Split,
    batch_size: int,
    *,
    seed: int = 0,
    augmentation: Augmentation = CROP_AND_FLIP,
    start_step: int = 0,
    num_shards: int = 1,
    shard_index: int = 0,
    prefetch: int = 4,
) -> "tf.data.Dataset":
    """An endless dataset of pictures of one kind, beside as many of another.

    Args:
        first: Pictures of the one kind (`pictures_of`).
        second: Of the other.
        batch_size: Pictures of each kind in a global batch, B.
        seed: Fixes everything that is random.
        augmentation: What is done to a picture.
        start_step: The first step, at least 0: where an interrupted training goes on.
        num_shards: Into how many equal parts each global batch is cut.
        shard_index: Which part this dataset yields, in `[0, num_shards)`.
        prefetch: Batches prepared ahead.

    Returns:
        Dictionaries with `first` and `second`, float32 (B / num_shards, H, W, 3) in [-1, 1].

    Raises:
        InputError: No pictures, or a batch size that the shards do not divide.
    """
    part = part_of(batch_size, num_shards, shard_index)
    seeds = (2 * seed, 2 * seed + 1)  # the kinds are drawn apart
    readers = [
        augmented_pictures(kind, batch_size, own, augmentation, part)
        for kind, own in zip((first, second), seeds, strict=True)
    ]
    orders = [
        visiting_order(len(kind.images), batch_size, seed=own, start_step=start_step)
        for kind, own in zip((first, second), seeds, strict=True)
    ]

    def load(
        one: tuple["tf.Tensor", "tf.Tensor"], other: tuple["tf.Tensor", "tf.Tensor"]
    ) -> dict[str, "tf.Tensor"]:
        return {"first": readers[0](*one)[0], "second": readers[1](*other)[0]}

    return batches(tf.data.Dataset.zip(tuple(orders)), load, prefetch)
