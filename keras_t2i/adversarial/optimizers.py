"""Optimizers as data."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015.

    Args:
        rate: Step size.
        beta_1: Decay of the first moment; 0.5 as Radford et al. 2015, 0 as Gulrajani et al. 2017.
        beta_2: Decay of the second moment.
    """

    rate: float = 2e-4
    beta_1: float = 0.5
    beta_2: float = 0.999

    def make(self) -> "keras.optimizers.Optimizer":
        """The optimizer."""
        from keras_t2i.layers.adam import FusedAdam

        return FusedAdam(self.rate, self.beta_1, self.beta_2)


@dataclass(frozen=True)
class RMSProp:
    """Tieleman and Hinton 2012: what the first WGAN needs (Arjovsky et al. 2017, section 4).

    Args:
        rate: Step size.
    """

    rate: float = 5e-5

    def make(self) -> "keras.optimizers.Optimizer":
        """The optimizer."""
        import keras

        return keras.optimizers.RMSprop(self.rate)
