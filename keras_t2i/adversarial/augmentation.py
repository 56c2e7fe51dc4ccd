"""Differentiable augmentation of the critic's pictures, real and fake alike.

Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training": with few pictures
the critic learns them by heart; seeing every picture, real or fake, moved and cut hinders that, and
because the operations are differentiable the generator learns through them.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class Augmentation(ABC):
    """The contract of an augmentation."""

    @abstractmethod
    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Augment (N, H, W, C) pictures; a pure function of the (2,) seed."""


@component
class Translation(Augmentation):
    """Shift each picture at random; what comes in is zero (grey).

    Args:
        ratio: Largest shift as a share of the side, in [0, 1).
    """

    ratio: Share = 0.125

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Shift (N, H, W, C) pictures."""
        count, height, width, channels = images.shape
        count = tf.shape(images)[0] if count is None else count
        farthest = tf.constant([[height * self.ratio], [width * self.ratio]])
        shifts = tf.random.stateless_uniform((2, count), seed, -1.0, 1.0) * farthest
        down, right = tf.unstack(tf.cast(tf.round(shifts), tf.int32))
        # A shift is a product with a shifted identity: unlike a gather's, its gradient is no
        # scatter, which is slow everywhere.
        rows = shifted_identity(height, down, images.dtype)
        columns = shifted_identity(width, right, images.dtype)
        moved = tf.matmul(rows, tf.reshape(images, (-1, height, width * channels)))
        moved = tf.reshape(moved, (-1, height, width, channels))
        moved = tf.reshape(tf.transpose(moved, (0, 2, 1, 3)), (-1, width, height * channels))
        moved = tf.reshape(tf.matmul(columns, moved), (-1, width, height, channels))
        return tf.transpose(moved, (0, 2, 1, 3))


@component
class Cutout(Augmentation):
    """Set a random square of each picture to zero (grey).

    Args:
        ratio: Side of the square as a share of the picture's, in [0, 1].
    """

    ratio: Share = 0.5

    def __call__(self, images: "tf.Tensor", seed: "tf.Tensor") -> "tf.Tensor":
        """Cut a square out of (N, H, W, C) pictures."""
        count, height, width, _ = images.shape
        count = tf.shape(images)[0] if count is None else count
        centres = tf.random.stateless_uniform((2, count, 1), seed)
        inside_rows = self._inside(height, centres[0])
        inside_columns = self._inside(width, centres[1])
        hole = inside_rows[:, :, None, None] & inside_columns[:, None, :, None]
        return tf.where(hole, tf.zeros([], images.dtype), images)

    def _inside(self, size: int, centre: "tf.Tensor") -> "tf.Tensor":
        """Bool (N, size): the cells within half the hole of the centre (N, 1) in [0, 1)."""
        cells = tf.range(size, dtype=tf.float32) + 0.5
        return tf.abs(cells - centre * size) < size * self.ratio / 2


def shifted_identity(size: int, shift: "tf.Tensor", dtype: "tf.DType") -> "tf.Tensor":
    """(N, size, size) matrices that move a column of values down by `shift` (N,) places."""
    places = tf.range(size)
    return tf.cast(places[None, :, None] - shift[:, None, None] == places, dtype)


def augment(
    images: "tf.Tensor", augmentations: tuple[Augmentation, ...], seed: "tf.Tensor"
) -> "tf.Tensor":
    """Apply the augmentations one after the other, each with randomness of its own."""
    for i, augmentation in enumerate(augmentations):
        images = augmentation(images, tf.random.experimental.stateless_fold_in(seed, i))
    return images
