"""Pictures from bytes to the numbers that networks take: on the host, or in a training's step."""

from typing import TYPE_CHECKING

from .lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


def as_floats(pictures: "tf.Tensor") -> "tf.Tensor":
    """Pictures uint8, of any shape, as float32 in [−1, 1]."""
    return tf.cast(pictures, tf.float32) * (1 / 127.5) - 1.0


def with_floats(batch: dict[str, "tf.Tensor"]) -> dict[str, "tf.Tensor"]:
    """A batch whose pictures are floats; what is not uint8 stays as it is.

    Args:
        batch: A batch of any dataset of `pipelines`; only pictures are uint8 in it.
    """
    return {n: as_floats(v) if v.dtype == tf.uint8 else v for n, v in batch.items()}
