"""Ways in which a discriminator lays an embedding beside a picture's 4×4 features, as data."""

from abc import ABC, abstractmethod
from typing import Any

from keras_t2i.components.registry import component


class TextMapSpec(ABC):
    """Map (N, 4, 4, C) of an embedding after a dense layer; each is a component."""

    @abstractmethod
    def units(self, channels: int) -> int:
        """Width of the dense layer before the map of so many channels C."""

    @abstractmethod
    def spread(self, values: Any, channels: int) -> Any:
        """The dense layer's values (N, units) as a map (N, 4, 4, C)."""


@component
class PlacedText(TextMapSpec):
    """Values of their own at each place: reshape(FC(e)) (No's thesis, III.C)."""

    def units(self, channels: int) -> int:
        """Width of the dense layer: 16 C."""
        return 16 * channels

    def spread(self, values: Any, channels: int) -> Any:
        """Values (N, 16 C) → (N, 4, 4, C)."""
        from keras import ops

        return ops.reshape(values, (-1, 4, 4, channels))


@component
class ReplicatedText(TextMapSpec):
    """The same values at all places, LeakyReLU(0.2) of FC(e) (Reed et al. 2016, 4.1)."""

    def units(self, channels: int) -> int:
        """Width of the dense layer: C."""
        return channels

    def spread(self, values: Any, channels: int) -> Any:
        """Values (N, C) → (N, 4, 4, C)."""
        from keras import ops

        rectified = ops.leaky_relu(values, 0.2)
        return ops.tile(ops.reshape(rectified, (-1, 1, 1, channels)), (1, 4, 4, 1))
