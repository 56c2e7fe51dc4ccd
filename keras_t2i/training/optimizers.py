"""Optimizers as data."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    import keras


@component
class OptimizerSpec(ABC):
    """An optimizer as data; each derives from it.

    Args:
        rate: Step size.
    """

    rate: float = 2e-4

    def check(self, knows_steps: bool) -> None:
        """Refuse a rate that the stage cannot have.

        Args:
            knows_steps: Whether the stage knows its number of steps before its model.

        Raises:
            InputError: The rate is to fall, but over how many steps is not known.
        """
        return None

    @abstractmethod
    def make(self, steps: int | None = None) -> "keras.optimizers.Optimizer":
        """The optimizer, for a training of so many steps.

        Raises:
            InputError: The rate is to fall, but over how many steps is not known.
        """


@component
class Adam(OptimizerSpec):
    """Adam (Kingma and Ba 2015).

    Args:
        rate: Step size.
        beta_1: Decay of the first moment; 0.5 as Radford et al. 2015, 0 as Gulrajani et al. 2017.
        beta_2: Decay of the second moment.
        held: Share of the training after which the rate falls to 0 on a straight line; 1 is never
            (Zhu et al. 2017, "CycleGAN", section 4: half). Below 1 only where the stage knows its
            number of steps before its model, as that of unpaired pictures does.
    """

    rate: float = 2e-4
    beta_1: Share = 0.5
    beta_2: Share = 0.999
    held: Share = 1.0

    def check(self, knows_steps: bool) -> None:
        """Refuse a rate that falls where the number of steps is not known."""
        if self.held < 1 and not knows_steps:
            raise InputError(
                "A rate that falls (`held` below 1) needs a stage that knows its number of steps "
                f"before its model, which this one does not. Received: held={self.held}."
            )

    def make(self, steps: int | None = None) -> "keras.optimizers.Optimizer":
        """The optimizer, for a training of so many steps.

        Raises:
            InputError: The rate is to fall, but over how many steps is not known.
        """
        from keras_t2i.training.adam import FusedAdam, HeldThenLinear

        if self.held >= 1:
            return FusedAdam(self.rate, self.beta_1, self.beta_2)
        self.check(steps is not None)
        assert steps is not None
        rate = HeldThenLinear(self.rate, steps, self.held)
        return FusedAdam(rate, self.beta_1, self.beta_2)


@component
class RMSProp(OptimizerSpec):
    """RMSProp (Tieleman and Hinton 2012), for the first WGAN (Arjovsky et al. 2017, section 4).

    Args:
        rate: Step size.
    """

    rate: float = 5e-5

    def make(self, steps: int | None = None) -> "keras.optimizers.Optimizer":
        """The optimizer; its rate is the same however long the training."""
        import keras

        return keras.optimizers.RMSprop(self.rate)


def adam_pair(
    generator_rate: float, critic_rate: float, beta_1: float, beta_2: float = 0.999
) -> "tuple[keras.optimizers.Optimizer, keras.optimizers.Optimizer]":
    """Adam for a generator and for a critic."""
    rates = generator_rate, critic_rate
    generator, critic = (Adam(rate, beta_1, beta_2).make() for rate in rates)
    return generator, critic
