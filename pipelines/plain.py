"""Pictures alone as an endless, seeded, resumable tf.data pipeline.

As `pipelines.captions`: every batch is a pure function of `(seed, step)`.
"""

from typing import TYPE_CHECKING

from .order import batches, visiting_order
from .pictures import CROP_AND_FLIP, Augmentation, augmented_pictures, part_of
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


def plain_pictures(
    split: Split,
    batch_size: int,
    *,
    seed: int = 0,
    augmentation: Augmentation = CROP_AND_FLIP,
    start_step: int = 0,
    num_shards: int = 1,
    shard_index: int = 0,
    prefetch: int = 4,
) -> "tf.data.Dataset":
    """An endless dataset of batches; batch `i` is the batch of training step `start_step + i`.

    Args:
        split: The records (`pipelines.records.read_split`).
        batch_size: The global batch size B.
        seed: Fixes everything that is random.
        augmentation: What is done to a picture.
        start_step: The first step, at least 0: where an interrupted training goes on.
        num_shards: Into how many equal parts each global batch is cut.
        shard_index: Which part this dataset yields, in `[0, num_shards)`.
        prefetch: Batches prepared ahead.

    Returns:
        Dictionaries with `image`, float32 (B / num_shards, H, W, 3) in [-1, 1].

    Raises:
        InputError: No pictures, or a batch size that the shards do not divide.
    """
    part = part_of(batch_size, num_shards, shard_index)
    pictures = augmented_pictures(split, batch_size, seed, augmentation, part)

    def load(step: "tf.Tensor", rows: "tf.Tensor") -> dict[str, "tf.Tensor"]:
        return {"image": pictures(step, rows)[0]}

    order = visiting_order(len(split.images), batch_size, seed=seed, start_step=start_step)
    return batches(order, load, prefetch)
