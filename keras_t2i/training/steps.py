"""A model's training steps as one compiled function, many a call."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.scaling import with_floats
from keras_t2i.training.cluster import place
from keras_t2i.training.errors import NonFiniteLoss
from keras_t2i.training.moving_statistics import MovingStatistics
from keras_t2i.training.replica_program import compiled_programs
from keras_t2i.training.tracked_model import TrackedModel


class Steps:
    """The steps of a model on endless batches, under the strategy in whose scope this is made.

    Each replica runs the model's `train_step` on its part of a batch. The host waits for the device
    once a call, not once a step. On one device the loop over the steps of a call is part of the
    compiled function; on several the host calls the step, as a loop that TensorFlow spreads over
    devices can wait for itself for ever.

    Args:
        model: Model with a `train_step`, ready to be trained.
        dataset: Endless batches, the first of which is that of the model's next step; of several
            workers each one's part (`cluster.shard`). Pictures may be uint8: the device scales
            them, so that a quarter of the bytes travels to it.
    """

    def __init__(self, model: TrackedModel, dataset: "tf.data.Dataset") -> None:
        self._model, self._names = model, tuple(model.means)
        self._statistics = MovingStatistics(model)
        self._strategy = tf.distribute.get_strategy()
        self._batches = iter(self._distributed(dataset))
        # The step at which each term was no finite number for the first time; 0 is never.
        self._broken_at = tf.Variable(
            tf.zeros(len(self._names), tf.int64),
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
        )
        self._replica_step = self._compiled() if model.jit_compile else self._one
        self._step = tf.function(self._on_all_replicas, autograph=False)
        self._means = tf.function(self._read, autograph=False)
        self._one_step = tf.function(self._once, autograph=False)
        self._several_steps = tf.function(
            self._loop, input_signature=[tf.TensorSpec((), tf.int32)], autograph=False
        )
        self._state = tf.function(self._reached, autograph=False)

    def take(self, count: int) -> int:
        """Take some steps, and wait for the last one.

        Args:
            count: Number of steps, at least 1.

        Returns:
            The number of the last step.

        Raises:
            NonFiniteLoss: A term was no finite number; it names the first such step and its terms.
        """
        if self._strategy.num_replicas_in_sync == 1:
            self._several_steps(count)
        else:
            for _ in range(count):
                self._one_step()
        step, broken_at = (value.numpy() for value in self._state())
        if broken_at.any():
            first = broken_at[broken_at > 0].min()
            names = [n for n, at in zip(self._names, broken_at.T, strict=True) if first in at]
            raise NonFiniteLoss(f"{', '.join(names)} not finite at step {first}.")
        return int(step)

    def means(self) -> dict[str, float]:
        """The means of the terms since they were reset, over all replicas."""
        return dict(zip(self._names, self._means().numpy().tolist(), strict=True))

    def _distributed(self, dataset: "tf.data.Dataset") -> Any:
        """Batches of all replicas.

        Raises:
            InputError: A worker's part of a batch cannot be divided among its devices.
        """
        workers = place()[1]
        devices = self._strategy.num_replicas_in_sync // workers
        part = dataset
        if devices > 1:
            rows = next(iter(dataset.element_spec.values())).shape[0]
            if rows % devices:
                raise InputError(
                    "The batch of a worker must be a multiple of its number of devices. Received: "
                    f"{rows} rows, {devices} devices."
                )
            part = dataset.rebatch(rows // devices, drop_remainder=True)
        if workers == 1:
            return self._strategy.experimental_distribute_dataset(dataset)
        return self._strategy.distribute_datasets_from_function(lambda _: part)

    def _compiled(self) -> Callable[[Any], None]:
        """One step of a replica by XLA: all of it, or of several what each computes alone.

        Raises:
            InputError: The model's replicas hear of each other while they compute.
        """
        if self._strategy.num_replicas_in_sync == 1:
            return tf.function(self._one, jit_compile=True)
        if self._model.replicas_exchange:
            raise InputError(
                "--xla on with several devices needs a model whose devices compute alone until "
                f"they sum their gradients; {type(self._model).__name__} exchanges more. Leave "
                "--xla at auto."
            )

        @tf.autograph.experimental.do_not_convert
        def one(batch: Any) -> None:
            with compiled_programs():
                self._one(batch)

        return one

    @tf.autograph.experimental.do_not_convert
    def _one(self, batch: Any) -> None:
        """One step of a replica."""
        self._model.train_step(with_floats(batch))
        self._statistics.share()
        broken = ~tf.math.is_finite(tf.stack(list(self._model.means.values())))
        now = tf.where(broken, self._model.step.value, 0)
        self._broken_at.assign(tf.where(self._broken_at > 0, self._broken_at, now))

    def _on_all_replicas(self, batch: Any) -> None:
        """One step of all replicas.

        It is a function of its own within the loop, so that TensorFlow's graph optimizer rewrites
        it as it does without a loop, with the same bits as result.
        """
        self._strategy.run(self._replica_step, args=(batch,))

    def _once(self) -> None:
        """The next step."""
        self._step(next(self._batches))

    def _loop(self, count: tf.Tensor) -> None:
        """So many steps."""

        def one_more(done: tf.Tensor) -> tuple[tf.Tensor]:
            self._once()
            return (done + 1,)

        tf.while_loop(lambda done: done < count, one_more, (tf.constant(0),))

    def _reached(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The number of the last step, and `broken_at` (replicas, terms)."""
        gathered = self._strategy.run(self._gathered)
        return self._model.step.value, self._strategy.experimental_local_results(gathered)[0]

    def _gathered(self) -> tf.Tensor:
        """`broken_at` of all replicas, (replicas, terms)."""
        context = tf.distribute.get_replica_context()
        return context.all_gather(self._broken_at.read_value()[None], axis=0)

    def _read(self) -> tf.Tensor:
        """The means (terms,)."""
        local = self._strategy.run(lambda: tf.stack(list(self._model.means.values())))
        return self._strategy.reduce(tf.distribute.ReduceOp.MEAN, local, axis=None)
