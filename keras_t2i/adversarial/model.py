"""The one adversarial trainer."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.adversarial.context import StepContext
from keras_t2i.adversarial.report import report
from keras_t2i.training.tracked_model import TrackedModel
from keras_t2i.training.train_state import Terms, TrainState


class AdversarialModel(TrackedModel):
    """A template of adversarial training; a system derives from it and says only what is its own.

    A system gives `round` (what a batch becomes), `critic_terms` and `generator_terms` (named
    scalars whose sums the players minimise). The schedule deals out the moves; the average keeps
    the weights that are sampled from. Nothing here asks which kind of GAN it is.

    Args:
        generator: The player that makes pictures.
        critic: The player that judges them.
        average_of: Pairs (average, source) of networks with equal variables.
        schedule: Who moves when (`adversarial.schedules`).
        averaging: How an average follows its source (`adversarial.averaging`).
        seed: Fixes all noise; step n's is a function of the seed and n.
    """

    def __init__(
        self,
        *,
        generator: TrainState,
        critic: TrainState,
        average_of: Sequence[tuple[keras.Model, keras.Model]],
        schedule: Any,
        averaging: Any,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator, self.critic = generator, critic
        self.schedule, self.averaging = schedule, averaging
        self._average_of = tuple(average_of)
        self._seed = seed

    def round(self, batch: dict[str, tf.Tensor], move: int = 0) -> StepContext:
        """The round that a batch becomes; `move` tells a step's several rounds apart."""
        raise TypeError(f"{type(self).__name__} must define `round`.")

    def critic_terms(self, own: StepContext) -> Terms:
        """The named terms whose sum the critic minimises."""
        raise TypeError(f"{type(self).__name__} must define `critic_terms`.")

    def generator_terms(self, own: StepContext) -> Terms:
        """The named terms whose sum the generator minimises."""
        raise TypeError(f"{type(self).__name__} must define `generator_terms`.")

    def term_names(self, batch: dict[str, tf.Tensor]) -> tuple[str, ...]:
        """The names of what a step on such a batch reports, found by tracing the terms."""

        def terms(batch: dict[str, tf.Tensor]) -> Terms:
            own = self.round(batch)
            critic, generator = self.critic_terms(own), self.generator_terms(own)
            norm = tf.zeros([])
            return report(critic, generator, norm, norm) | own.metrics() | own.notes

        moves = self.schedule.batches
        one = {name: value[: value.shape[0] // moves] for name, value in batch.items()}
        return tuple(tf.function(terms).get_concrete_function(one).structured_outputs)

    def seed_of(self, move: int) -> tf.Tensor:
        """The (2,) seed of one round of the present step on the present replica."""
        replica = tf.distribute.get_replica_context()
        index = replica.replica_id_in_sync_group if replica else 0
        step = tf.stack([tf.constant(self._seed, tf.int64), self.step.value])
        return tf.random.experimental.stateless_fold_in(
            tf.random.experimental.stateless_fold_in(step, tf.cast(index, tf.int64)), move
        )

    def train_step(self, data: dict[str, tf.Tensor]) -> Terms:
        """One step of every player, then of the averages."""
        terms = self.schedule.play(self, data)
        for average, source in self._average_of:
            self.averaging.update(average, source, self.step.value)
        return self.track(terms)
