"""Layers as data: what an experiment says of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class PlainCondition:
    """The embedding itself conditions the generator."""

    def layer(self) -> "keras.Layer":
        """The layer."""
        from keras_t2i.networks.layers.conditioning import PlainConditioning

        return PlainConditioning(dtype="float32")


@dataclass(frozen=True)
class AugmentedCondition:
    """Conditioning augmentation (StackGAN): a normal distribution about the caption.

    Args:
        width: Width of the condition.
    """

    width: int = 32

    def layer(self) -> "keras.Layer":
        """The layer."""
        from keras_t2i.networks.layers.conditioning import ConditioningAugmentation

        return ConditioningAugmentation(self.width, dtype="float32")
