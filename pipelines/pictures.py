"""Pictures of a split in batches: read, cropped, mirrored, cut into shards."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .batching import Batching
from .errors import InputError
from .held import Rows
from .host_calls import on_host_thread
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
    images: Rows, rows: np.ndarray, offsets: np.ndarray, flips: np.ndarray, size: int
) -> np.ndarray:
    """Cut a square out of each picture at its own place, and mirror some.

    Args:
        images: Pictures, uint8 (N, S, S, C); of a mapped file only the squares are read.
        rows: Numbers of the pictures, (b,).
        offsets: Offsets of the squares, (b, 2), top and left, each in [0, S - size].
        flips: Mask of the pictures to mirror, bool (b,).
        size: Side of the result.

    Returns:
        uint8 (b, size, size, C).
    """
    cut = np.empty((len(rows), size, size, images.shape[-1]), np.uint8)
    for i, (row, (top, left), flip) in enumerate(zip(rows, offsets, flips, strict=True)):
        square = images[row][top : top + size, left : left + size]
        cut[i] = square[:, ::-1] if flip else square
    return cut


def augmented_pictures(
    split: Split, batching: Batching, augmentation: DataAugmentation
) -> Callable[["tf.Tensor", "tf.Tensor"], tuple["tf.Tensor", "tf.Tensor"]]:
    """A function from a step and its rows to the shard's pictures, and which are mirrored.

    Args:
        split: The records.
        batching: The batches.
        augmentation: DataAugmentation of each picture.

    Returns:
        `(step, rows (B,)) -> (uint8 (b, S, S, C), bool (b,))`.

    Raises:
        InputError: The split holds no pictures.
    """
    if len(split.images) == 0:
        raise InputError("The split holds no pictures.")
    images, size, shard = split.images, split.info.image_size, batching.shard
    slack = images.shape[1] - size
    cut_out = on_host_thread(partial(crop_and_flip, images, size=size))

    def read(step: "tf.Tensor", rows: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        offsets, flips = _placements(step, batching, slack, augmentation)
        places = rows[shard], offsets[shard], flips[shard]
        cut = tf.numpy_function(cut_out, places, tf.uint8)
        shape = (batching.size // batching.num_shards, size, size, images.shape[-1])
        return tf.ensure_shape(cut, shape), places[-1]

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
