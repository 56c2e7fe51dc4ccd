"""Schedules of the players' moves within one training step."""

from abc import ABC, abstractmethod
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from keras_t2i.adversarial.report import report
from keras_t2i.components.bounds import FromZero
from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.adversarial.context import StepContext
    from keras_t2i.training.train_state import Objective, Terms, TrainState

Batch = dict[str, "tf.Tensor"]
Context = TypeVar("Context", bound="StepContext")


class Game(Protocol[Context]):
    """Game whose moves a schedule deals out."""

    @property
    def generator(self) -> "TrainState":
        """The player that makes pictures."""

    @property
    def critic(self) -> "TrainState":
        """The player that judges them."""

    def context(self, batch: Batch, move: int = 0) -> Context:
        """Context that a batch becomes; `move` distinguishes a step's several contexts."""

    def critic_terms(self, context: Context) -> "Terms":
        """The named terms whose sum the critic minimises."""

    def generator_terms(self, context: Context) -> "Terms":
        """The named terms whose sum the generator minimises."""


class Schedule(ABC):
    """The contract of a schedule."""

    @property
    @abstractmethod
    def batches(self) -> int:
        """How many batches of real data one step takes."""

    @abstractmethod
    def play(self, game: Game[Context], data: Batch) -> "Terms":
        """One training step; returns its terms and metrics.

        Args:
            game: The players and their terms.
            data: Tensors of `batches` batches, one after the other.
        """


@component
class Simultaneous(Schedule):
    """Both players move at once, in one shared context: fakes and their scores are computed once.

    The generator is judged by the critic as it was before this step.
    """

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return 1

    def play(self, game: Game[Context], data: Batch) -> "Terms":
        """One training step; returns its terms and metrics."""
        from keras_t2i.training.replica_program import program
        from keras_t2i.training.train_state import total

        def both() -> Any:
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                game.critic.watch(tape)
                game.generator.watch(tape)
                shared = game.context(data)
                critic, generator = game.critic_terms(shared), game.generator_terms(shared)
                critic_loss, generator_loss = total(critic), total(generator)
            # Both gradients are taken before either player moves: the tape reads variables late.
            slopes = (
                game.critic.gradients(tape, critic_loss),
                game.generator.gradients(tape, generator_loss),
            )
            return critic, generator, slopes, shared.metrics() | shared.logged

        critic, generator, slopes, seen = program(both)
        norms = game.critic.step(slopes[0]), game.generator.step(slopes[1])
        return report(critic, generator, *norms) | seen


@component
class Alternating(Schedule):
    """The critic moves first, on fresh real data each time, then the generator against it.

    Args:
        critic_steps: Number of the critic's moves per step, at least 1. (Arjovsky et al. 2017: 5.)
    """

    critic_steps: int = 1

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return self.critic_steps

    def play(self, game: Game[Context], data: Batch) -> "Terms":
        """One training step; returns its terms and metrics."""
        parts = {name: tf.split(value, self.critic_steps) for name, value in data.items()}
        for i in range(self.critic_steps):
            batch = {name: part[i] for name, part in parts.items()}
            critic, critic_norm = game.critic.minimize(partial(critics, game, batch, i))
        generator, generator_norm = game.generator.minimize(
            partial(generators, game, batch, self.critic_steps)
        )
        return report(critic.terms, generator.terms, critic_norm, generator_norm) | critic.seen


@component
class Unrolled(Schedule):
    """The generator looks ahead: it is judged by the critic as it will be after k more moves.

    Metz et al. 2017, eq. 2–6: θ_{i+1} = θ_i + η ∇f(θ_i) on the same batch, by plain gradient steps,
    and the generator's gradient passes through all of them. The critic itself makes one move.

    Args:
        ahead: Number k of the critic's steps to look ahead; 0 is `Alternating` on one batch.
        rate: Step size η of the look-ahead.
    """

    ahead: FromZero = 5
    rate: float = 0.1

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return 1

    def play(self, game: Game[Context], data: Batch) -> "Terms":
        """One training step; returns its terms and metrics."""
        critic, critic_norm = game.critic.minimize(partial(critics, game, data))
        generator, generator_norm = game.generator.minimize(partial(self._ahead, game, data))
        return report(critic.terms, generator.terms, critic_norm, generator_norm) | critic.seen

    def _ahead(self, game: Game[Context], data: Batch) -> "Objective":
        """The generator's terms against the critic of the future."""
        import keras

        from keras_t2i.training.train_state import Objective, total

        variables = game.critic.variables
        values = [tf.identity(variable.value) for variable in variables]
        for _ in range(self.ahead):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
                    loss = total(game.critic_terms(game.context(data)))
            slopes = tape.gradient(loss, values)
            values = [v - self.rate * slope for v, slope in zip(values, slopes, strict=True)]
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return Objective(game.generator_terms(game.context(data)))


def critics(game: Game[Context], batch: Batch, move: int = 0) -> "Objective":
    """The critic's terms on a batch, with what the players log."""
    from keras_t2i.training.train_state import Objective

    context = game.context(batch, move)
    terms = game.critic_terms(context)
    return Objective(terms, context.metrics() | context.logged)


def generators(game: Game[Context], batch: Batch, move: int = 0) -> "Objective":
    """The generator's terms on a batch."""
    from keras_t2i.training.train_state import Objective

    return Objective(game.generator_terms(game.context(batch, move)))
