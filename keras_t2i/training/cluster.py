"""Workers: the processes that train one model together, and what they agree upon.

`TF_CONFIG`, as TensorFlow's launchers set it, says which worker this process is. All workers do the
same; the chief's run folder is the run, the others work in a copy of their own that goes with them.
What depends on a process alone, such as its clock or its signals, is agreed upon first.
"""

import hashlib
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import tf
from keras_t2i.training.slurm import config_of_step, place_in_step

if TYPE_CHECKING:
    import tensorflow as tf

VARIABLE = "TF_CONFIG"
JOINED = "KERAS_T2I_JOINED"


def place() -> tuple[int, int]:
    """The number of this worker, from 0, and the number of all; (0, 1) without a cluster.

    A task `chief` is the first worker.

    Raises:
        InputError: `TF_CONFIG` is not as TensorFlow wants it.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return place_in_step()
    try:
        config = json.loads(text)
        cluster, task = config.get("cluster", {}), config.get("task", {})
        chiefs, others = len(cluster.get("chief", ())), len(cluster.get("worker", ()))
        if chiefs + others < 2:
            return 0, 1
        number = int(task["index"]) + {"chief": 0, "worker": chiefs}[task["type"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"{VARIABLE} must be JSON with the lists cluster.worker (and chief) of host:port, and "
            f"task.type and task.index of this process ({type(error).__name__}: {error}). "
            f"Received: {text!r}."
        ) from None
    if not 0 <= number < chiefs + others:
        raise InputError(f"{VARIABLE}: task.index must be that of a worker. Received: {text!r}.")
    return number, chiefs + others


def is_chief() -> bool:
    """Whether this worker writes the run: the first one, or the only one."""
    return place()[0] == 0


def shard() -> dict[str, int]:
    """Options of a dataset for this worker's part of each global batch; none for one worker."""
    worker, workers = place()
    return {"num_shards": workers, "shard_index": worker} if workers > 1 else {}


@cache
def several_workers() -> "tf.distribute.Strategy":
    """The strategy of all workers; it must be made before TensorFlow does anything else."""
    if not os.environ.get(VARIABLE):
        os.environ[VARIABLE] = config_of_step()
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    if JOINED in os.environ and is_chief():
        Path(os.environ[JOINED]).touch()
    return strategy


def agreed(*values: int) -> tuple[int, ...]:
    """The sum of each value over all workers, the same for all; every worker must call it.

    A flag that one worker raises is thus raised for all; `of_chief` leaves a value to the chief.

    Args:
        *values: Whole numbers, as many on each worker.
    """
    if place()[1] == 1:
        return tuple(map(int, values))
    return tuple(_sums()(tf.constant(values, tf.int64)).numpy().tolist())


def of_chief(value: int) -> int:
    """The chief's value; 0 of any other worker, for `agreed`."""
    return int(value) if is_chief() else 0


def same_for_all(text: str) -> bool:
    """Whether a text, such as the sha256 of a file, is the same for all workers; each must call it.

    Args:
        text: Text of this worker.
    """
    own = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7])
    (chiefs,) = agreed(of_chief(own))
    (others,) = agreed(own != chiefs)
    return not others


def barrier() -> None:
    """Wait until all workers are here."""
    agreed(0)


@cache
def _sums() -> "Callable[[tf.Tensor], Any]":
    """A function that sums a vector over the workers."""
    strategy = several_workers()
    replicas = len(strategy.extended.worker_devices)

    def summed(values: "tf.Tensor") -> "tf.Tensor":
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(values))

    def over_all(values: "tf.Tensor") -> "tf.Tensor":
        sums = strategy.run(summed, args=(values,))
        return strategy.experimental_local_results(sums)[0] // replicas

    return tf.function(over_all, input_signature=[tf.TensorSpec((None,), tf.int64)])
