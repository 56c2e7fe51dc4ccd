"""Who moves when: how one training step is dealt out among the players."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keras_t2i.adversarial.report import report
from keras_t2i.components.bounds import FromZero
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_t2i.adversarial.model import AdversarialModel

Batch = dict[str, "tf.Tensor"]


@dataclass(frozen=True)
class Simultaneous:
    """Both players move at once, on one shared round: the fakes and their scores are computed once.

    The generator is judged by the critic as it was before this step.
    """

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return 1

    def play(self, model: "AdversarialModel", data: Batch) -> "dict[str, tf.Tensor]":
        """One training step; returns its terms and metrics."""
        from keras_t2i.training.train_state import total

        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            model.critic.watch(tape)
            model.generator.watch(tape)
            shared = model.round(data)
            critic, generator = model.critic_terms(shared), model.generator_terms(shared)
            critic_loss, generator_loss = total(critic), total(generator)
        # Both gradients are taken before either player moves: the tape reads the variables late.
        steps = [
            (model.critic, model.critic.gradients(tape, critic_loss)),
            (model.generator, model.generator.gradients(tape, generator_loss)),
        ]
        norms = [player.step(gradients) for player, gradients in steps]
        terms = report(critic, generator, norms[0], norms[1])
        return terms | shared.metrics() | shared.notes


@dataclass(frozen=True)
class Alternating:
    """The critic moves first, on fresh real data each time, then the generator against it.

    Args:
        critic_steps: Moves of the critic a step, at least 1. (Arjovsky et al. 2017: 5.)
    """

    critic_steps: int = 1

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return self.critic_steps

    def play(self, model: "AdversarialModel", data: Batch) -> "dict[str, tf.Tensor]":
        """One training step; returns its terms and metrics."""
        parts = {name: tf.split(value, self.critic_steps) for name, value in data.items()}
        for i in range(self.critic_steps):
            batch = {name: part[i] for name, part in parts.items()}
            own = model.round(batch, move=i)
            critic, critic_norm = model.critic.minimize(lambda own=own: model.critic_terms(own))
        last = model.round(batch, move=self.critic_steps)
        generator, generator_norm = model.generator.minimize(lambda: model.generator_terms(last))
        terms = report(critic, generator, critic_norm, generator_norm)
        return terms | own.metrics() | own.notes


@dataclass(frozen=True)
class Unrolled:
    """The generator looks ahead: it is judged by the critic as it will be after k more moves.

    Metz et al. 2017, eq. 2–6: θ_{i+1} = θ_i + η ∇f(θ_i) on the same batch, by plain gradient steps,
    and the generator's gradient passes through all of them. The critic itself makes one move.

    Args:
        ahead: k; 0 is `Alternating` on one batch.
        rate: η.
    """

    ahead: FromZero = 5
    rate: float = 0.1

    @property
    def batches(self) -> int:
        """How many batches of real data one step takes."""
        return 1

    def play(self, model: "AdversarialModel", data: Batch) -> "dict[str, tf.Tensor]":
        """One training step; returns its terms and metrics."""
        own = model.round(data)
        critic, critic_norm = model.critic.minimize(lambda: model.critic_terms(own))
        generator, generator_norm = model.generator.minimize(lambda: self._ahead(model, data))
        terms = report(critic, generator, critic_norm, generator_norm)
        return terms | own.metrics() | own.notes

    def _ahead(self, model: "AdversarialModel", data: Batch) -> "dict[str, tf.Tensor]":
        """The generator's terms against the critic of the future."""
        import keras

        from keras_t2i.training.train_state import total

        variables = model.critic.variables
        values = [tf.identity(variable.value) for variable in variables]
        for _ in range(self.ahead):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
                    loss = total(model.critic_terms(model.round(data)))
            slopes = tape.gradient(loss, values)
            values = [v - self.rate * slope for v, slope in zip(values, slopes, strict=True)]
        with keras.StatelessScope(state_mapping=zip(variables, values, strict=True)):
            return model.generator_terms(model.round(data))
