"""Sizes of a flow's network, as data."""

from keras_t2i.components.registry import component
from keras_t2i.networks.widths import widths
from keras_t2i.pipelines.errors import InputError

GROUPS = 8  # in which channels are normalised
_SMALLEST = 4  # side of the smallest maps


@component
class UNetSizes:
    """Sizes of a flow's U-Net, whose smallest maps are 4×4.

    Args:
        width: Channels of the first map, a multiple of 8; doubled from scale to scale.
        max_width: Largest number of channels, a multiple of 8.
        blocks: Residual blocks a scale, on the way down and on the way up.
        patch: Side of the squares of pixels that are one place of the first map: 2 takes a quarter
            of the time, and draws less finely (Hoogeboom et al. 2023, "simple diffusion").
    """

    width: int = 64
    max_width: int = 256
    blocks: int = 2
    patch: int = 1

    def check(self) -> None:
        """Refuse widths that cannot be normalised in groups.

        Raises:
            InputError: A width is no multiple of 8.
        """
        for name in ("width", "max_width"):
            if getattr(self, name) % GROUPS:
                raise InputError(
                    f"The U-Net's {name} must be a multiple of {GROUPS}, the groups that its "
                    f"channels are normalised in. Received: {getattr(self, name)}."
                )

    def channels(self, image_size: int) -> tuple[int, ...]:
        """Channels from the first map's side down to 4.

        Raises:
            InputError: The first map would be smaller than 4×4.
        """
        side = image_size // self.patch
        if side < _SMALLEST or side * self.patch != image_size:
            raise InputError(
                f"The U-Net's patch must divide the pictures' size {image_size} into at least "
                f"{_SMALLEST}×{_SMALLEST} squares. Received: {self.patch}."
            )
        return widths(2 * side, self.width, self.max_width)  # which begins at half of a side
