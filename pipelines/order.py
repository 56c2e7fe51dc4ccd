"""The order in which rows are visited: a pure function of the seed and the step."""

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from .held import on_host
from .lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


def visiting_order(
    count: int, batch_size: int, *, seed: int, start_step: int = 0
) -> "tf.data.Dataset":
    """Endless batches of row numbers; every row once an epoch, in a new order each epoch.

    Args:
        count: Number of rows N, at least 1.
        batch_size: Rows per batch, B. A batch may span two epochs.
        seed: Seed of the orders.
        start_step: Number of the first batch: those before it are skipped, not computed.

    Returns:
        Pairs (step, rows): int64 scalars and int64 (B,) in [0, N).
    """
    first = start_step * batch_size

    def epoch_rows(epoch: "tf.Tensor") -> "tf.data.Dataset":
        shuffled = tf.random.experimental.stateless_shuffle(
            tf.range(count, dtype=tf.int64), seed=stream(seed, Draw.ORDER, epoch)
        )
        return tf.data.Dataset.from_tensor_slices(shuffled)

    epochs = tf.data.Dataset.range(first // count, tf.int64.max)
    rows = epochs.flat_map(epoch_rows).skip(first % count)
    return rows.batch(batch_size, drop_remainder=True).enumerate(start=start_step)


def balanced_order(
    groups: np.ndarray, batch_size: int, *, seed: int, start_step: int = 0
) -> "tf.data.Dataset":
    """Endless batches of row numbers in which every group is as frequent as any other.

    For each place of a batch a group is drawn, and one of its rows, all uniformly.

    Args:
        groups: Group of each row, int64 (N,).
        batch_size: Rows per batch, B.
        seed: Seed of the draws.
        start_step: Number of the first batch.

    Returns:
        Pairs (step, rows): int64 scalars and int64 (B,) in [0, N).
    """
    by_group = np.argsort(groups, kind="stable")
    _, counts = np.unique(groups, return_counts=True)
    starts, counts = on_host(np.cumsum(counts) - counts), on_host(counts)
    by_group = on_host(by_group)

    def rows(step: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        drawn = tf.random.stateless_uniform(
            (2, batch_size), stream(seed, Draw.GROUP, step), dtype=tf.float64
        )
        group = scaled(drawn[0], tf.size(counts, tf.int64))
        place = tf.gather(starts, group) + scaled(drawn[1], tf.gather(counts, group))
        return step, tf.gather(by_group, place)

    return tf.data.Dataset.range(start_step, tf.int64.max).map(rows)


def ranks_in_groups(groups: np.ndarray) -> np.ndarray:
    """The number of each row among the rows of its group, in order.

    Args:
        groups: Group of each row, int64 (N,).

    Returns:
        Numbers from 0, int64 (N,).
    """
    by_group = np.argsort(groups, kind="stable")
    _, counts = np.unique(groups, return_counts=True)
    starts = np.cumsum(counts) - counts
    ranks = np.empty(len(groups), np.int64)
    ranks[by_group] = np.arange(len(groups)) - starts.repeat(counts)
    return ranks


def scaled(uniform: "tf.Tensor", count: "tf.Tensor") -> "tf.Tensor":
    """Whole numbers in [0, count) from numbers in [0, 1)."""
    number = tf.cast(uniform * tf.cast(count, uniform.dtype), count.dtype)
    return tf.minimum(number, count - 1)


class Draw(IntEnum):
    """The random draws, each with a stream of its own; a number that is in use never changes."""

    ORDER = 0
    CAPTION = 1
    CROP = 2
    FLIP = 3
    PARTNER = 4
    PARTNER_CAPTION = 5
    GROUP = 6
    DERIVE = 7  # degradations and transpositions
    FORGET = 8


_MOST_DRAWS = 64


def stream(seed: int, draw: Draw, counter: "tf.Tensor") -> "tf.Tensor":
    """The (2,) int64 seed of one random draw at one step or epoch.

    Each draw has a stream of its own, so that adding one leaves the others as they were.

    Args:
        seed: Seed of the whole dataset.
        draw: Random draw that the seed is for.
        counter: The step or epoch, a whole number.
    """
    numbered = seed * _MOST_DRAWS + draw
    return tf.stack([tf.constant(numbered, tf.int64), tf.cast(counter, tf.int64)])
