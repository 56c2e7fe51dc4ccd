"""InfoGAN of pictures."""

from dataclasses import field
from typing import TYPE_CHECKING, Any

from keras_t2i.adversarial.latents import Coded
from keras_t2i.components.registry import component
from keras_t2i.tasks.info_gan.terms import Information
from keras_t2i.tasks.unconditional.gan_stage import ConvolutionalStage

if TYPE_CHECKING:
    from keras_t2i.tasks.info_gan.gan import InfoCritic, InfoGAN


@component
class InfoGanStage(ConvolutionalStage):
    """Trains DCGAN's generator and a critic that reads the codes (Chen et al. 2016, appendix C).

    Args:
        latent: Noise and codes.
        information: The term of both players.
    """

    latent: Coded = field(default_factory=Coded)
    information: Information = field(default_factory=Information)

    @property
    def input_width(self) -> int:
        """Width of noise and codes."""
        return self.latent.width

    def critic(self, image_size: int) -> "InfoCritic":
        """A critic that reads the codes as well."""
        from keras_t2i.tasks.info_gan.gan import InfoCritic

        return InfoCritic(self.channels(image_size), self.latent.categories, self.latent.continuous)

    def game(self, seed: int) -> dict[str, Any]:
        """The rules: both players have the term of information."""
        rules = super().game(seed)
        return {
            **rules,
            "generator_extras": (self.information,),
            "critic_extras": (self.information, *self.critic_terms),
        }

    def assembled(self, **parts: Any) -> "InfoGAN":
        """The model of networks, optimizers and rules."""
        from keras_t2i.tasks.info_gan.gan import InfoGAN

        return InfoGAN(latent=self.latent, **parts)
