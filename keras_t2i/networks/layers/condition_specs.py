"""Conditioning layers as data, for experiments."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.components.registry import component

if TYPE_CHECKING:
    import keras


class ConditionSpec(ABC):
    """Condition that an embedding gives a generator; each is a component.

    Attributes:
        is_drawn: Whether the condition is drawn from a distribution, so that it has a divergence.
    """

    is_drawn: ClassVar[bool] = False

    @abstractmethod
    def layer(self) -> "keras.Layer":
        """The layer: embeddings (N, E) → conditions (N, W) and their KL divergence (N,)."""


@component
class PlainCondition(ConditionSpec):
    """The embedding itself as the condition."""

    def layer(self) -> "keras.Layer":
        """The layer."""
        from keras_t2i.networks.layers.conditioning import PlainConditioning

        return PlainConditioning(dtype="float32")


@component
class CompressedCondition(ConditionSpec):
    """The embedding after a dense layer and LeakyReLU(0.2) (Reed et al. 2016, 4.1).

    Args:
        width: Width of the condition.
    """

    width: int = 128

    def layer(self) -> "keras.Layer":
        """The layer."""
        from keras_t2i.networks.layers.conditioning import CompressedConditioning

        return CompressedConditioning(self.width, dtype="float32")


@component
class AugmentedCondition(ConditionSpec):
    """Conditioning augmentation (StackGAN): a normal distribution about the caption.

    Args:
        width: Width of the condition.
    """

    width: int = 32

    is_drawn: ClassVar[bool] = True

    def layer(self) -> "keras.Layer":
        """The layer."""
        from keras_t2i.networks.layers.conditioning import ConditioningAugmentation

        return ConditioningAugmentation(self.width, dtype="float32")
