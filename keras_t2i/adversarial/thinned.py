"""Penalties of a part of each batch."""

from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.penalties import R1
from keras_t2i.adversarial.terms import Penalty
from keras_t2i.components.registry import component

if TYPE_CHECKING:
    import tensorflow as tf


@component
class Thinned(Penalty):
    """A penalty of the first rows of each batch alone: a second derivative costs little then.

    Its expectation and that of its gradient are those of the penalty, for the rows of a batch are
    drawn at random and a penalty is a mean over them. Karras et al. 2020 ("Analyzing and Improving
    the Image Quality of StyleGAN", appendix B) save the same by computing it in every sixteenth
    step alone, times sixteen.

    Args:
        penalty: The penalty.
        one_in: Number of rows of which one is taken.
    """

    penalty: Penalty = R1()
    one_in: int = 8

    @property
    def name(self) -> str:  # type: ignore[override]
        """The penalty's name."""
        return self.penalty.name

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]
        """Inputs that the penalty needs."""
        return self.penalty.needs

    def check(self) -> None:
        """Refuse what the penalty refuses."""
        self.penalty.check()

    def __call__(self, context: Any) -> "tf.Tensor":
        """The penalty of the first rows, at least one."""
        return self.penalty(context.thinned(self.one_in))
