"""The conditional GANs of No's thesis: its discriminator, and its generator."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

from keras_t2i.components.bounds import FromZero
from keras_t2i.components.registry import component
from keras_t2i.networks.layers.condition_specs import ConditionSpec, PlainCondition
from keras_t2i.networks.layers.enlarging_specs import (
    Convolved,
    EnlargingSpec,
    PictureSpec,
    Transposed,
)
from keras_t2i.networks.layers.text_map_specs import PlacedText, TextMapSpec
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.caption_stage import CaptionStage

if TYPE_CHECKING:
    import keras


@component
class ThesisCriticStage(CaptionStage):
    """Base of the GANs of captions with the discriminator of No's thesis (III.C).

    Args:
        discriminator_channels: Widths of the discriminator's maps, down to 4×4.
        text_dim: Channels of the embedding beside the discriminator's features.
        joint_dim: Width of the discriminator's joint layer; 0 is as in No's thesis, a score linear
            in picture and caption.
        joint_normalized: Whether BatchNorm follows the joint layer (Reed et al. 2016, 4.1).
        critic_normalized: Whether the discriminator's trunk has BatchNorm.
        text_map: Way in which the discriminator lays the embedding beside its features.
        condition: Condition that the embedding gives the generator.
    """

    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512)
    text_dim: int = 128
    joint_dim: FromZero = 0
    joint_normalized: bool = False
    critic_normalized: bool = True
    text_map: TextMapSpec = field(default_factory=PlacedText)
    condition: ConditionSpec = field(default_factory=PlainCondition)

    @property
    def offers(self) -> frozenset[str]:
        """Inputs for further terms: those of all captions, and what the condition gives."""
        spread = {"conditions that are drawn"} if self.condition.is_drawn else set()
        return super().offers | spread

    def check(self) -> None:
        """Refuse what `AdversarialStage` refuses, and BatchNorm of a layer that is not there."""
        super().check()
        if self.joint_normalized and not self.joint_dim:
            raise InputError(
                f"--{self.name}.joint-normalized needs a joint layer: --{self.name}.joint-dim must "
                f"be at least 1. Received: {self.joint_dim}."
            )

    @property
    def discriminator_side(self) -> int:
        """Side of the pictures that the discriminator takes."""
        return 4 * 2 ** len(self.discriminator_channels)

    def discriminator(self, embedding_dim: int) -> "keras.Model":
        """The discriminator, untrained."""
        from keras_t2i.tasks.text_to_image.networks import Discriminator

        return Discriminator(**self.critic_sizes(embedding_dim))

    def critic_sizes(self, embedding_dim: int) -> dict[str, Any]:
        """Arguments of the discriminator."""
        return {
            "channels": self.discriminator_channels,
            "embedding_dim": embedding_dim,
            "text_dim": self.text_dim,
            "joint_dim": self.joint_dim,
            "text_map": self.text_map,
            "joint_normalized": self.joint_normalized,
            "normalized": self.critic_normalized,
        }


@component
class CaptionGanStage(ThesisCriticStage):
    """Trains a generator and a matching-aware discriminator on captions (No's thesis, III.B–D).

    Args:
        generator_channels: Widths of the generator's maps, from 4×4 upward.
        latent_dim: Width of the noise z.
        enlarging: Layer by which the generator enlarges its maps.
        picture: Layer by which the generator makes a picture of its last map.
    """

    generator_channels: tuple[int, ...] = (768, 384, 192, 96, 48)
    latent_dim: int = 100
    enlarging: EnlargingSpec = field(default_factory=Transposed)
    picture: PictureSpec = field(default_factory=Convolved)

    @property
    def generator_side(self) -> int:
        """Side of the generator's pictures."""
        return self.picture.scale * 4 * 2 ** (len(self.generator_channels) - 1)

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.text_to_image.networks import Generator

        condition = self.condition.layer()
        return Generator(
            self.generator_channels,
            self.latent_dim,
            embedding_dim,
            condition,
            self.enlarging,
            self.picture,
            name=name,
        )
