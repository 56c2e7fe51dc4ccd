"""Networks from picture to picture, as data."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.networks.widths import checked_widths
from keras_t2i.pipelines.errors import InputError

if TYPE_CHECKING:
    import keras


class Architecture(ABC):
    """A generator from pictures to pictures and its critic; each is a component.

    Attributes:
        fills_holes: Whether the generator draws whole pictures (its method `drawn`) and then puts
            the source's pixels into them.
    """

    fills_holes: ClassVar[bool] = False

    def side(self, source: int) -> int:
        """Side of the pictures that the generator makes of sources of a side."""
        return source

    def check(self) -> None:
        """Refuse settings that mean nothing.

        Raises:
            InputError: Such settings.
        """
        return None

    def check_side(self, image_size: int) -> None:
        """Refuse pictures of a side that the networks cannot have.

        Raises:
            InputError: Such a side.
        """
        return None

    @abstractmethod
    def generator(self, image_size: int) -> "keras.Model":
        """The generator of pictures of a side: sources (N, …) → (N, S, S, 3) in [−1, 1]."""

    @abstractmethod
    def narrow(self) -> "Architecture":
        """The networks at a fraction of the width, for two cores."""

    @abstractmethod
    def critic(self, image_size: int) -> "keras.Model":
        """The critic: (sources, pictures) → logits, one a picture or one a patch.

        Args:
            image_size: Side of what it sees: of pictures, or of their part (`CriticView`).
        """


@component
class UNetAndPatches(Architecture):
    """pix2pix: a U-Net down to 1×1 and a PatchGAN (Isola et al. 2017, section 6.1).

    Args:
        width: Channels at half the picture's size; doubled from scale to scale.
        max_width: Largest number of channels.
        patch_layers: Convolutions of stride 2 of the critic: 3 see 70×70 pixels, 2 see 34×34.
        dropout: Share of values left out at the smallest scales.
    """

    width: int = 64
    max_width: int = 512
    patch_layers: int = 3
    dropout: Share = 0.5

    def check_side(self, image_size: int) -> None:
        """Refuse a side that is not a power of two, or below 8."""
        checked_widths(image_size, self.width, self.max_width)

    def narrow(self) -> "UNetAndPatches":
        """A fraction of the width, for two cores."""
        return replace(self, width=16, max_width=128)

    def generator(self, image_size: int) -> "keras.Model":
        """The generator of pictures of a side."""
        from keras_t2i.tasks.image_to_image.unet import UNet

        widths = checked_widths(image_size, self.width, self.max_width)
        return UNet((*widths, *[widths[-1]] * 2), self.dropout)

    def critic(self, image_size: int) -> "keras.Model":
        """The critic of pictures of a side."""
        from keras_t2i.networks.patch_critic import PatchCritic

        return PatchCritic([self.width * 2**i for i in range(self.patch_layers)])


@component
class SuperResolution(Architecture):
    """SRGAN: SRResNet and a critic of eight convolutions (Ledig et al. 2017, figure 4).

    Args:
        factor: Factor by which a side becomes larger; a power of two.
        width: Channels of the convolutions.
        blocks: Number of residual blocks.
    """

    factor: int = 4
    width: int = 64
    blocks: int = 16

    def side(self, source: int) -> int:
        """Side of the larger pictures."""
        return self.factor * source

    def check(self) -> None:
        """Refuse a factor that is not a power of two."""
        if self.factor < 2 or self.factor & (self.factor - 1):
            raise InputError(
                f"The factor must be a power of two, at least 2. Received: {self.factor}."
            )

    def narrow(self) -> "SuperResolution":
        """A fraction of the width, for two cores."""
        return replace(self, width=24, blocks=4)

    def generator(self, image_size: int) -> "keras.Model":
        """The generator of pictures of a side."""
        from keras_t2i.tasks.image_to_image.super_resolution import SRResNet

        return SRResNet(self.factor, self.width, self.blocks)

    def critic(self, image_size: int) -> "keras.Model":
        """The critic of pictures of a side."""
        from keras_t2i.tasks.image_to_image.super_resolution import SRGANDiscriminator

        return SRGANDiscriminator(self.width)


@component
class Inpainting(Architecture):
    """Context Encoder: encoder, channel-wise layer, decoder (Pathak et al. 2016, section 3.1).

    Args:
        width: Channels at half the picture's size; doubled from scale to scale.
        max_width: Largest number of channels.
    """

    width: int = 64
    max_width: int = 512

    fills_holes: ClassVar[bool] = True

    def check_side(self, image_size: int) -> None:
        """Refuse a side that is not a power of two, or below 8."""
        checked_widths(image_size, self.width, self.max_width)

    def narrow(self) -> "Inpainting":
        """A fraction of the width, for two cores."""
        return replace(self, width=16, max_width=128)

    def generator(self, image_size: int) -> "keras.Model":
        """The generator of pictures of a side."""
        from keras_t2i.tasks.image_to_image.context_encoder import ContextEncoder

        return ContextEncoder(checked_widths(image_size, self.width, self.max_width))

    def critic(self, image_size: int) -> "keras.Model":
        """The critic of pictures of a side."""
        from keras_t2i.networks.patch_critic import UnconditionalCritic

        return UnconditionalCritic(checked_widths(image_size, self.width, self.max_width))
