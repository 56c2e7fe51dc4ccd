"""Pictures of a split in batches: read, cropped, mirrored, cut into shards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .batching import Batching
from .errors import InputError
from .held import drawn_from
from .lazy import tf
from .order import Draw
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf


@dataclass(frozen=True)
class DataAugmentation:
    """Random crop from the stored size, and random horizontal flip, of training pictures.

    Args:
        crop: Whether to crop at random; `False` takes the centre.
        flip: Whether to mirror half of the pictures.
    """

    crop: bool = True
    flip: bool = True


CROP_AND_FLIP = DataAugmentation()
NO_AUGMENTATION = DataAugmentation(crop=False, flip=False)


def crop_and_flip(
    images: "tf.Tensor", offsets: "tf.Tensor", flips: "tf.Tensor", size: int
) -> "tf.Tensor":
    """Crop each picture at its own place and mirror some.

    Args:
        images: Pictures, uint8 (b, S, S, C).
        offsets: Offsets of the crops, int32 (b, 2), top and left, each in [0, S - size].
        flips: Mask of the pictures to mirror, bool (b,).
        size: Side of the result.

    Returns:
        float32 (b, size, size, C) in [-1, 1].
    """
    steps = tf.range(size)
    rows = offsets[:, :1] + steps
    columns = offsets[:, 1:] + tf.where(flips[:, None], size - 1 - steps, steps)
    cropped = tf.gather(images, rows, axis=1, batch_dims=1)
    cropped = tf.gather(cropped, columns, axis=2, batch_dims=1)
    return tf.cast(cropped, tf.float32) * (1 / 127.5) - 1.0


def augmented_pictures(
    split: Split, batching: Batching, augmentation: DataAugmentation
) -> Callable[["tf.Tensor", "tf.Tensor"], tuple["tf.Tensor", "tf.Tensor"]]:
    """A function from a step and its rows to the shard's pictures, and which are mirrored.

    Args:
        split: The records.
        batching: The batches.
        augmentation: DataAugmentation of each picture.

    Returns:
        `(step, rows (B,)) -> (float32 (b, S, S, C) in [-1, 1], bool (b,))`.

    Raises:
        InputError: The split holds no pictures.
    """
    if len(split.images) == 0:
        raise InputError("The split holds no pictures.")
    pictures, size, shard = drawn_from(split.images), split.info.image_size, batching.shard
    slack = split.images.shape[1] - size

    def read(step: "tf.Tensor", rows: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        offsets, flips = _placements(step, batching, slack, augmentation)
        flips = flips[shard]
        return crop_and_flip(pictures(rows[shard]), offsets[shard], flips, size), flips

    return read


def _placements(
    step: "tf.Tensor", batching: Batching, slack: int, augmentation: DataAugmentation
) -> tuple["tf.Tensor", "tf.Tensor"]:
    """Crop offsets (B, 2) in [0, slack] and flips (B,)."""
    offsets = tf.fill((batching.size, 2), slack // 2)
    flips = tf.zeros((batching.size,), tf.bool)
    if augmentation.crop:
        crop = batching.stream(Draw.CROP, step)
        offsets = tf.random.stateless_uniform((batching.size, 2), crop, 0, slack + 1, tf.int32)
    if augmentation.flip:
        flip = batching.stream(Draw.FLIP, step)
        flips = tf.random.stateless_uniform((batching.size,), flip) < 0.5
    return offsets, flips
