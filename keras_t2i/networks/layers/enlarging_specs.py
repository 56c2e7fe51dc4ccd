"""How a generator enlarges, as data."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from keras_t2i.components.registry import component

if TYPE_CHECKING:
    from keras_t2i.networks.layers.stride_two import Upsample


class EnlargingSpec(ABC):
    """How a generator doubles the sides of its maps; each is a component."""

    @abstractmethod
    def layer(self) -> "type[Upsample]":
        """The layer's class: (N, h, w, C) → (N, 2h, 2w, filters)."""


@component
class Transposed(EnlargingSpec):
    """By 4×4 transposed convolutions of stride 2, as DCGAN (Radford et al. 2015)."""

    def layer(self) -> "type[Upsample]":
        """The layer's class."""
        from keras_t2i.networks.layers.stride_two import Upsample

        return Upsample


@component
class Resized(EnlargingSpec):
    """By nearest neighbour and a 3×3 convolution: no checkerboards (Odena et al. 2016)."""

    def layer(self) -> "type[Upsample]":
        """The layer's class."""
        from keras_t2i.networks.layers.resize_convolution import ResizeConvolution

        return ResizeConvolution
