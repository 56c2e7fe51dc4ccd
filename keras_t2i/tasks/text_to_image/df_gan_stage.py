"""Stage two of DF-GAN (Tao et al. 2022)."""

from dataclasses import field
from typing import TYPE_CHECKING

from keras_t2i.adversarial.latents import Gaussian, Latent
from keras_t2i.adversarial.losses import AdversarialLoss, Hinge
from keras_t2i.adversarial.penalties import MatchingAwareGradientPenalty
from keras_t2i.adversarial.terms import Penalty
from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.tasks.text_to_image.caption_stage import CaptionStage

if TYPE_CHECKING:
    import keras


@component
class DfGanStage(CaptionStage):
    """Trains residual networks on captions by a hinge loss and MA-GP (Tao et al. 2022).

    Args:
        generator_channels: Widths of the generator's maps, from 4×4 upward.
        discriminator_channels: Width of the discriminator's first convolution, then of its maps
            from half the side down to 4×4.
        joint_dim: Width of the discriminator's convolution over features and embedding.
        latent_dim: Width of the noise z.
    """

    generator_channels: tuple[int, ...] = (256, 256, 128, 64, 32)
    discriminator_channels: tuple[int, ...] = (32, 64, 128, 256, 256)
    joint_dim: int = 64
    latent_dim: int = 100
    latent: Latent = field(default_factory=Gaussian)
    loss: AdversarialLoss = field(default_factory=Hinge)
    critic_terms: tuple[Penalty, ...] = (MatchingAwareGradientPenalty(),)
    generator_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 4e-4
    beta_1: Share = 0.0
    beta_2: Share = 0.9

    @property
    def generator_side(self) -> int:
        """Side of the generator's pictures."""
        return 4 * 2 ** (len(self.generator_channels) - 1)

    @property
    def discriminator_side(self) -> int:
        """Side of the pictures that the discriminator takes."""
        return 4 * 2 ** (len(self.discriminator_channels) - 1)

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.tasks.text_to_image.df_gan import DfGenerator

        return DfGenerator(self.generator_channels, self.latent_dim, embedding_dim, name=name)

    def discriminator(self, embedding_dim: int) -> "keras.Model":
        """The discriminator, untrained."""
        from keras_t2i.tasks.text_to_image.df_gan import DfDiscriminator

        return DfDiscriminator(self.discriminator_channels, embedding_dim, self.joint_dim)
