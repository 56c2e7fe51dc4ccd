"""Further terms of a player's loss: named scalars of a step's context."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf


class Term(ABC):
    """A function of a step's context that a player minimises beside the adversarial loss.

    Attributes:
        name: Name under which the term is reported; no other term of the player has it.
        needs: Input that the term needs beside pictures and logits, such as `captions`; a stage
            that does not offer it refuses the term.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()

    def check(self) -> None:
        """Refuse settings that can be seen to be wrong without any data.

        Raises:
            InputError: Settings that mean nothing, or files that are not there.
        """
        return None

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


Kind = TypeVar("Kind", bound=Term)


def distinct(terms: Iterable[Kind]) -> tuple[Kind, ...]:
    """The terms, each of a name of its own.

    Raises:
        InputError: Two have the same name: one would take the other's place.
    """
    terms = tuple(terms)
    names = [term.name for term in terms]
    if len(set(names)) < len(names):
        raise InputError(f"A player's further terms must differ in name. Received: {names}.")
    return terms
