"""Constraints on a player's weights after each of its steps."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_t2i.components.registry import component
from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import keras


class Constraint(ABC):
    """Constraint on a player's weights; each is a component."""

    @abstractmethod
    def enforce(self, variables: "Sequence[keras.Variable]") -> None:
        """Change the weights so that they obey."""


@component
class Unconstrained(Constraint):
    """No constraint on the weights."""

    def enforce(self, variables: "Sequence[keras.Variable]") -> None:
        """Leave them as they are."""
        return  # AutoGraph cannot read a body that is a docstring alone


@component
class WeightClipping(Constraint):
    """Weights stay in [−c, c], which bounds the critic's slope (Arjovsky 2017, algorithm 1).

    Args:
        limit: Limit c of the weights.
    """

    limit: float = 0.01

    def enforce(self, variables: "Sequence[keras.Variable]") -> None:
        """Clip them."""
        for variable in variables:
            variable.assign(tf.clip_by_value(variable.value, -self.limit, self.limit))
