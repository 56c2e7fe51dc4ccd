"""Further terms of a player's loss: named scalars of a step's context."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import tensorflow as tf


class Term(ABC):
    """A function of a step's context that a player minimises beside the adversarial loss.

    Attributes:
        name: Name under which the term is reported; no other term of the player has it.
    """

    name: ClassVar[str]

    @abstractmethod
    def __call__(self, context: Any) -> "tf.Tensor":
        """The term's value, a float32 scalar with its weight.

        Args:
            context: The `StepContext` of the GAN that the term is made for.
        """


class GeneratorTerm(Term):
    """A further term of the generator's loss."""


class Penalty(Term):
    """A further term of the critic's loss."""
