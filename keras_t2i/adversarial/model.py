"""The one adversarial trainer."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import keras
import tensorflow as tf

from keras_t2i.adversarial.averaging import Average
from keras_t2i.adversarial.context import StepContext
from keras_t2i.adversarial.report import report
from keras_t2i.adversarial.schedules import Schedule
from keras_t2i.training.tracked_model import TrackedModel
from keras_t2i.training.train_state import Terms, TrainState

Context = TypeVar("Context", bound=StepContext)


class AdversarialModel(TrackedModel, ABC, Generic[Context]):
    """A template of adversarial training; a system derives from it and adds only what differs.

    A system gives `context` (what a batch becomes), `critic_terms` and `generator_terms` (named
    scalars whose sums the players minimise). The schedule deals out the moves; the average keeps
    the weights that are sampled from. Nothing here asks which kind of GAN it is.

    Args:
        generator: The player that makes pictures.
        critic: The player that judges them.
        average_of: Networks with equal variables in pairs (average, source).
        schedule: Schedule of the moves of both players in a step.
        averaging: Rule by which an average follows its source.
        seed: Seed of all noise; step n's is a function of the seed and n.
    """

    def __init__(
        self,
        *,
        generator: TrainState,
        critic: TrainState,
        average_of: Sequence[tuple[keras.Model, keras.Model]],
        schedule: Schedule,
        averaging: Average,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator, self.critic = generator, critic
        self.schedule, self.averaging = schedule, averaging
        self._average_of = tuple(average_of)
        self._seed = seed

    @abstractmethod
    def context(self, batch: dict[str, tf.Tensor], move: int = 0) -> Context:
        """The context that a batch becomes; `move` tells a step's several contexts apart."""

    @abstractmethod
    def critic_terms(self, context: Context) -> Terms:
        """The named terms whose sum the critic minimises."""

    @abstractmethod
    def generator_terms(self, context: Context) -> Terms:
        """The named terms whose sum the generator minimises."""

    def term_names(self, batch: dict[str, tf.Tensor]) -> tuple[str, ...]:
        """The names of what a step on such a batch reports, found by tracing the terms."""

        def terms(batch: dict[str, tf.Tensor]) -> Terms:
            context = self.context(batch)
            critic, generator = self.critic_terms(context), self.generator_terms(context)
            norm = tf.zeros([])
            return report(critic, generator, norm, norm) | context.metrics() | context.logged

        moves = self.schedule.batches
        one = {name: value[: value.shape[0] // moves] for name, value in batch.items()}
        return tuple(
            tf.function(terms, autograph=False).get_concrete_function(one).structured_outputs
        )

    def seed_of(self, move: int) -> tf.Tensor:
        """The (2,) seed of one context of the present step, the same on all replicas."""
        step = tf.stack([tf.constant(self._seed, tf.int64), self.step.value])
        fold = tf.random.experimental.stateless_fold_in
        return fold(fold(step, tf.constant(0, tf.int64)), move)

    @property
    def averages(self) -> tuple[tuple[keras.Model, keras.Model], ...]:
        """Pairs (average, source) of networks."""
        return self._average_of

    def drawing_parts(self) -> dict[str, Any]:
        """The averaged networks."""
        return {f"average {i}": average for i, (average, _) in enumerate(self.averages)}

    def begin_from_drawing_parts(self) -> None:
        """The trained networks take their averages' values."""
        for average, network in self.averages:
            network.set_weights(average.get_weights())

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> Terms:
        """One step of every player, then of the averages."""
        terms = self.schedule.play(self, data)
        for average, source in self._average_of:
            self.averaging.update(average, source, self.step.value)
        return self.track(terms)
