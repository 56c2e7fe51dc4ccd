"""Batches of all datasets: the cut into batches, seeds, resuming and shards.

Every batch is a pure function of `(seed, step)`: the order of the rows and whatever else is drawn.
So a run resumes at any step without saved iterator state, and shards of one global batch fit
together exactly.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from .errors import InputError
from .lazy import tf
from .order import Draw, stream, visiting_order
from .scaling import with_floats

if TYPE_CHECKING:
    import tensorflow as tf

Batch = dict[str, "tf.Tensor"]

_MOST_CALLS = 16  # each holds a batch


class BatchOptions(TypedDict, total=False):
    """Options that all datasets of batches take, as keywords (`Batching` has the defaults).

    Args:
        seed: Seed of all that is random.
        start_step: First step, at least 0: where an interrupted training goes on.
        num_shards: Number of equal parts into which each global batch is cut.
        shard_index: Number of the part that the dataset yields, in `[0, num_shards)`.
        prefetch: Number of batches prepared ahead.
        scaled: Whether pictures come as float32 in [-1, 1]. Without it they come as uint8, a
            quarter of the bytes, for a step that begins with `pipelines.scaling.with_floats`.
    """

    seed: int
    start_step: int
    num_shards: int
    shard_index: int
    prefetch: int
    scaled: bool


@dataclass(frozen=True)
class Batching:
    """Batches from rows: an endless dataset whose first step is `start_step`.

    Args:
        size: Rows of a global batch, B.
        seed: Seed of all that is random; this and the others as in `BatchOptions`.

    Raises:
        InputError: A batch size that the shards do not divide, or a shard that there is not.
    """

    size: int
    seed: int = 0
    start_step: int = 0
    num_shards: int = 1
    shard_index: int = 0
    prefetch: int = 4
    scaled: bool = True

    def __post_init__(self) -> None:
        if self.size < 1 or self.num_shards < 1 or self.size % self.num_shards:
            raise InputError(
                f"The batch size must be a positive multiple of the number of shards. "
                f"Received: batch_size={self.size}, num_shards={self.num_shards}."
            )
        if not 0 <= self.shard_index < self.num_shards:
            raise InputError(
                f"shard_index must lie in [0, {self.num_shards}). "
                f"Received: shard_index={self.shard_index}."
            )

    @property
    def shard(self) -> slice:
        """The rows of a global batch that the dataset yields, b = B / num_shards."""
        rows = self.size // self.num_shards
        return slice(self.shard_index * rows, (self.shard_index + 1) * rows)

    @property
    def whole(self) -> "Batching":
        """The same batches, not cut into shards."""
        return replace(self, num_shards=1, shard_index=0)

    def stream(self, draw: Draw, step: "tf.Tensor") -> "tf.Tensor":
        """The (2,) int64 seed of one random draw at one step."""
        return stream(self.seed, draw, step)

    def order(self, count: int) -> "tf.data.Dataset":
        """Pairs (step, rows (B,)): each of `count` rows once an epoch."""
        return visiting_order(count, self.size, seed=self.seed, start_step=self.start_step)

    def dataset(self, order: "tf.data.Dataset", load: Callable[..., Batch]) -> "tf.data.Dataset":
        """The batches that `load` makes of what an order yields, some prepared ahead.

        Parallelism is explicit: an autotuned iterator can take seconds to be deleted.
        """

        def finished(*drawn: Any) -> Batch:
            batch = load(*drawn)
            return with_floats(batch) if self.scaled else batch

        options = tf.data.Options()
        options.autotune.enabled = False
        options.deterministic = True
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        dataset = order.map(finished, num_parallel_calls=parallel_calls(), deterministic=True)
        return dataset.prefetch(self.prefetch).with_options(options)


def parallel_calls() -> int:
    """Number of batches that are made at the same time: one a core, from 2 to 16."""
    return min(max(2, os.cpu_count() or 1), _MOST_CALLS)
