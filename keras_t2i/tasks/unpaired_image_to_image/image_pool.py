"""A history of fakes for the critic (Shrivastava et al. 2017; Zhu et al. 2017, section 4)."""

from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import own_replica


class ImagePool:
    """Keeps some fakes: half of the time a critic sees an old one, and the new one is kept instead.

    Until it is full, each new fake is kept and shown. Each of several replicas has a copy; all of
    them take in the fakes of all, in the order of the global batch, so the copies stay equal.

    Args:
        variable: Variable that holds the fakes, (size, S, S, 3); it belongs to the model, so that
            checkpoints have it.
    """

    def __init__(self, variable: keras.Variable) -> None:
        self._held = variable

    def exchange(self, fakes: tf.Tensor, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Pictures that the critic sees in the place of fakes (N, S, S, 3).

        Args:
            fakes: New ones of this replica; those of all replicas are at most the pool's size.
            step: Number of earlier calls, int64.
            seed: Seed of the draws, (2,), the same on all replicas.
        """
        replica, replicas = own_replica()
        if replicas == 1:
            return self._exchanged(fakes, step, seed)
        all_fakes = tf.distribute.get_replica_context().all_gather(fakes, axis=0)
        rows = fakes.shape[0] or tf.shape(fakes)[0]
        return self._exchanged(all_fakes, step, seed)[replica * rows :][:rows]

    def _exchanged(self, fakes: tf.Tensor, step: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Pictures that the critic sees in the place of the fakes of a global batch."""
        pool, count = self._held.value, fakes.shape[0] or tf.shape(fakes)[0]
        size, seen = pool.shape[0], step * tf.cast(count, step.dtype)
        full = seen >= size
        place_seed, pick_seed = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
        anywhere = tf.argsort(tf.random.stateless_uniform((size,), place_seed))[:count]
        following = tf.cast((seen + tf.range(count, dtype=seen.dtype)) % size, tf.int32)
        places = tf.where(full, anywhere, following)
        old = tf.gather(pool, places)
        picked = tf.random.stateless_uniform((count,), pick_seed) < 0.5
        swapped = tf.logical_and(full, picked)[:, None, None, None]
        kept = tf.where(tf.logical_and(full, ~picked)[:, None, None, None], old, fakes)
        pool.assign(tf.tensor_scatter_nd_update(pool, places[:, None], kept))
        return tf.where(swapped, old, fakes)


def empty_pool(size: int, side: int, name: str) -> Any:
    """A variable for an `ImagePool` of pictures of a side; no replica sends it to the others."""
    return keras.Variable(
        tf.zeros((size, side, side, 3)),
        trainable=False,
        name=name,
        aggregation="only_first_replica",
        synchronization="on_read",
    )
