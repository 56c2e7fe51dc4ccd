"""The order in which rows are visited: a pure function of the seed and the step."""

from typing import TYPE_CHECKING

from pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


def visiting_order(
    count: int, batch_size: int, *, seed: int, start_step: int = 0
) -> "tf.data.Dataset":
    """Endless batches of row numbers; every row once an epoch, in an order of the epoch's own.

    Args:
        count: Number of rows N, at least 1.
        batch_size: Rows a batch, B. A batch may span two epochs.
        seed: Fixes the orders.
        start_step: The first batch to yield: batches before it are skipped, not computed.

    Returns:
        Pairs (step, rows): int64 scalars and int64 (B,) in [0, N).
    """
    first = start_step * batch_size

    def epoch_rows(epoch: "tf.Tensor") -> "tf.data.Dataset":
        shuffled = tf.random.experimental.stateless_shuffle(
            tf.range(count, dtype=tf.int64), seed=stream(seed, "order", epoch)
        )
        return tf.data.Dataset.from_tensor_slices(shuffled)

    epochs = tf.data.Dataset.range(first // count, tf.int64.max)
    rows = epochs.flat_map(epoch_rows).skip(first % count)
    return rows.batch(batch_size, drop_remainder=True).enumerate(start=start_step)


_STREAMS = ("order", "caption", "crop", "flip", "partner", "partner caption")


def stream(seed: int, name: str, counter: "tf.Tensor") -> "tf.Tensor":
    """The (2,) int64 seed of one random draw at one step or epoch.

    Each draw has a stream of its own, so that adding one leaves the others as they were.
    """
    numbered = seed * 64 + _STREAMS.index(name)
    return tf.stack([tf.constant(numbered, tf.int64), tf.cast(counter, tf.int64)])


def pipeline_options() -> "tf.data.Options":
    """Explicit parallelism: an autotuned iterator can take seconds to be deleted."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return options
