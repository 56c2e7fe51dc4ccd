"""Labelled pictures as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`)."""

from typing import TYPE_CHECKING, Unpack

import numpy as np

from .attributes import AttributeSchema
from .batching import Batch, Batching, BatchOptions
from .errors import InputError
from .held import on_host
from .lazy import tf
from .order import balanced_order
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
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
    balanced: bool = False,
    augmentation: DataAugmentation = CROP_AND_FLIP,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    A mirrored picture has mirrored labels (`Attribute.mirrored`).

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: Rows of a global batch, B.
        balanced: Draw every combination of labels that occurs equally often. Else each picture is
            visited once an epoch.
        augmentation: DataAugmentation of each picture.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries of tensors with b = B / num_shards rows: `image` float32 (b, H, W, 3) in
        [-1, 1]; `labels` float32 (b, n), multi-hot.

    Raises:
        InputError: No pictures, no labels, or a batch size that the shards do not divide.
    """
    batching = Batching(batch_size, **options)
    pictures = augmented_pictures(split, batching, augmentation)
    vectors = label_vectors(split)
    mirror, labels = AttributeSchema(split.info.attributes).mirror, on_host(vectors)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        images, flips = pictures(step, rows)
        straight = tf.gather(labels, rows[batching.shard])
        mirrored = tf.gather(straight, mirror, axis=1)
        return {"image": images, "labels": tf.where(flips[:, None], mirrored, straight)}

    order = _balanced(vectors, batching) if balanced else batching.order(len(vectors))
    return batching.dataset(order, load)


def _balanced(vectors: np.ndarray, batching: Batching) -> "tf.data.Dataset":
    """An order in which every combination of labels is as frequent as any other."""
    _, combinations = np.unique(vectors, axis=0, return_inverse=True)
    return balanced_order(
        combinations.ravel(), batching.size, seed=batching.seed, start_step=batching.start_step
    )
