"""Players of the game: networks, and the optimizer that trains them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_t2i.training.constraints import Unconstrained
from keras_t2i.training.replica_program import program

Terms = dict[str, tf.Tensor]


class Objective(NamedTuple):
    """Scalars that a player minimises, and others that are worth watching.

    Attributes:
        terms: Named scalars whose sum is minimised.
        seen: Further scalars by name.
    """

    terms: Terms
    seen: Terms = {}  # noqa: RUF012  nobody adds to it


class TrainState:
    """Networks that are trained together by one optimizer.

    Only the player's own variables ever receive its gradients: what else its terms run through is
    left as it is.

    Args:
        networks: Built Keras layers or models.
        optimizer: A `keras.optimizers.Optimizer`; its state is created here, so that it is restored
            from a checkpoint with the rest.
        constraint: Constraint on the weights after each step (`training.constraints`).
    """

    def __init__(
        self,
        networks: Sequence[keras.Layer],
        optimizer: keras.optimizers.Optimizer,
        constraint: Any = None,
    ) -> None:
        self.networks = tuple(networks)
        self.optimizer, self.constraint = optimizer, constraint or Unconstrained()
        optimizer.build(self.variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """The trainable variables of the player's networks."""
        return [v for network in self.networks for v in network.trainable_variables]

    def watch(self, tape: tf.GradientTape) -> None:
        """Let the tape record what the player's variables do."""
        for variable in self.variables:
            tape.watch(variable.value)

    def minimize(self, objective: Callable[[], Objective]) -> tuple[Objective, tf.Tensor]:
        """One optimizer step on the sum of an objective's terms.

        Args:
            objective: Function of no arguments that computes the objective; other tensors that it
                makes must not be used outside of it.

        Returns:
            The objective's values, and the norm of the gradient.
        """
        values, gradients = program(partial(self._descent, objective))
        return values, self.step(gradients)

    def _descent(
        self, objective: Callable[[], Objective]
    ) -> tuple[Objective, list[tf.Tensor | None]]:
        """The objective's values and its gradient."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            self.watch(tape)
            values = objective()
            loss = total(values.terms)
        return values, self.gradients(tape, loss)

    def gradients(self, tape: tf.GradientTape, objective: tf.Tensor) -> list[tf.Tensor]:
        """The objective's gradient by the player's variables, from a tape that watched them."""
        return tape.gradient(objective, [v.value for v in self.variables])

    def step(self, gradients: list[tf.Tensor]) -> tf.Tensor:
        """One optimizer step; returns the norm of the gradient."""
        self.optimizer.apply(gradients, self.variables)
        self.constraint.enforce(self.variables)
        return tf.linalg.global_norm(gradients)


def total(terms: Terms) -> tf.Tensor:
    """The sum of the terms, scaled so that gradients summed over replicas are their mean."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return tf.add_n(list(terms.values())) / replicas
