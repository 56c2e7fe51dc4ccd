"""Ways to enlarge maps and to draw pictures in a generator, as data."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from keras_t2i.components.registry import component

if TYPE_CHECKING:
    import keras

    from keras_t2i.networks.layers.stride_two import Upsample


class EnlargingSpec(ABC):
    """Layer by which a generator doubles the sides of its maps; each is a component."""

    @abstractmethod
    def layer(self) -> "type[Upsample]":
        """The layer's class: (N, h, w, C) → (N, 2h, 2w, filters)."""


@component
class Transposed(EnlargingSpec):
    """Enlarging by 4×4 transposed convolutions of stride 2, as DCGAN (Radford et al. 2015)."""

    def layer(self) -> "type[Upsample]":
        """The layer's class."""
        from keras_t2i.networks.layers.stride_two import Upsample

        return Upsample


@component
class Resized(EnlargingSpec):
    """Enlarging by nearest neighbour, then 3×3 convolution: no checkerboards (Odena 2016)."""

    def layer(self) -> "type[Upsample]":
        """The layer's class."""
        from keras_t2i.networks.layers.resize_convolution import ResizeConvolution

        return ResizeConvolution


class DoublingSpec(ABC):
    """Way to double the sides of a map without weights; each is a component."""

    @abstractmethod
    def function(self) -> Callable[[Any], Any]:
        """The function: (N, h, w, C) → (N, 2h, 2w, C)."""


@component
class Repeated(DoublingSpec):
    """Each pixel as a square of four."""

    def function(self) -> Callable[[Any], Any]:
        """The function."""
        from keras_t2i.networks.layers.doubling import repeated

        return repeated


@component
class Interpolated(DoublingSpec):
    """Bilinear interpolation: features of small maps leave no squares in the picture."""

    def function(self) -> Callable[[Any], Any]:
        """The function."""
        from keras_t2i.networks.layers.doubling import interpolated

        return interpolated


class PictureSpec(ABC):
    """Layer by which a generator makes a picture of its last map; each is a component."""

    # How many times larger than the last map the picture is.
    scale: ClassVar[int] = 1

    @abstractmethod
    def layer(self, enlarging: EnlargingSpec, **kwargs: Any) -> "keras.Layer":
        """The layer: (N, h, w, C) → (N, scale·h, scale·w, 3).

        Args:
            enlarging: Layer by which the generator enlarges.
            **kwargs: Keyword arguments of the layer.
        """


@component
class Convolved(PictureSpec):
    """A 3×3 convolution of a map of the picture's size (No's thesis, III.B)."""

    def layer(self, enlarging: EnlargingSpec, **kwargs: Any) -> "keras.Layer":
        """The layer."""
        import keras

        return keras.layers.Conv2D(3, 3, padding="same", **kwargs)


@component
class Enlarged(PictureSpec):
    """The last enlarging itself, of a map of half the picture's size.

    No map of the picture's size is computed, which is where a narrow generator spends its time.
    """

    scale: ClassVar[int] = 2

    def layer(self, enlarging: EnlargingSpec, **kwargs: Any) -> "keras.Layer":
        """The layer."""
        return enlarging.layer()(3, **kwargs)
