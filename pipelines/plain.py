"""Pictures alone as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`)."""

from typing import TYPE_CHECKING, Unpack

from .batching import Batch, Batching, BatchOptions
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def plain_pictures(
    split: Split,
    batch_size: int,
    *,
    augmentation: DataAugmentation = CROP_AND_FLIP,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: Rows of a global batch, B.
        augmentation: DataAugmentation of each picture.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries with `image`, float32 (B / num_shards, H, W, 3) in [-1, 1].

    Raises:
        InputError: No pictures, or a batch size that the shards do not divide.
    """
    batching = Batching(batch_size, **options)
    pictures = augmented_pictures(split, batching, augmentation)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> Batch:
        return {"image": pictures(step, rows)[0]}

    return batching.dataset(batching.order(len(split.images)), load)
