"""Labelled pictures as an endless, seeded, resumable tf.data pipeline.

As `pipelines.captions`: every batch is a pure function of `(seed, step)`.
"""

from typing import TYPE_CHECKING

import numpy as np

from .attributes import AttributeSchema
from .errors import InputError
from .lazy import tf
from .order import balanced_order, batches, visiting_order
from .pictures import CROP_AND_FLIP, Augmentation, augmented_pictures, part_of
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def label_vectors(split: Split) -> np.ndarray:
    """The labels of a split's pictures, multi-hot float32 (N, n).

    Raises:
        InputError: The pictures have no labels.
    """
    if not split.info.attributes:
        raise InputError(
            f"The data of source {split.info.source!r} have no labels; prepare labelled pictures "
            "(faces, celeba, labelled)."
        )
    return AttributeSchema(split.info.attributes).multi_hot(split.attributes)


def labelled_pictures(
    split: Split,
    batch_size: int,
    *,
    seed: int = 0,
    balanced: bool = False,
    augmentation: Augmentation = CROP_AND_FLIP,
    start_step: int = 0,
    num_shards: int = 1,
    shard_index: int = 0,
    prefetch: int = 4,
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    A mirrored picture has mirrored labels (`Attribute.mirrored`).

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: The global batch size B.
        seed: Fixes everything that is random.
        balanced: Draw every combination of labels that occurs equally often. Else each picture is
            visited once an epoch.
        augmentation: What is done to a picture.
        start_step: The first step, at least 0: where an interrupted training goes on.
        num_shards: Into how many equal parts each global batch is cut.
        shard_index: Which part this dataset yields, in `[0, num_shards)`.
        prefetch: Batches prepared ahead.

    Returns:
        Dictionaries of tensors with b = B / num_shards rows: `image` float32 (b, H, W, 3) in
        [-1, 1]; `labels` float32 (b, n), multi-hot.

    Raises:
        InputError: No pictures, no labels, or a batch size that the shards do not divide.
    """
    part = part_of(batch_size, num_shards, shard_index)
    pictures = augmented_pictures(split, batch_size, seed, augmentation, part)
    vectors = label_vectors(split)
    mirror, labels = AttributeSchema(split.info.attributes).mirror, tf.constant(vectors)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        images, flips = pictures(step, rows)
        straight = tf.gather(labels, rows[part])
        mirrored = tf.gather(straight, mirror, axis=1)
        return {"image": images, "labels": tf.where(flips[:, None], mirrored, straight)}

    order = visiting_order(len(vectors), batch_size, seed=seed, start_step=start_step)
    if balanced:
        _, combinations = np.unique(vectors, axis=0, return_inverse=True)
        groups = combinations.ravel()
        order = balanced_order(groups, batch_size, seed=seed, start_step=start_step)
    return batches(order, load, prefetch)
