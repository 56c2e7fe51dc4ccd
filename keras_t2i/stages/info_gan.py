"""InfoGAN of pictures."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keras_t2i.adversarial.latents import Coded
from keras_t2i.adversarial.terms import Information
from keras_t2i.hardware import precision_policy
from keras_t2i.stages.picture_gan import PictureGanStage

if TYPE_CHECKING:
    from keras_t2i.models.info_gan import InfoGAN


@dataclass(frozen=True)
class InfoGanStage(PictureGanStage):
    """Trains DCGAN's generator and a critic that reads the codes (Chen et al. 2016, appendix C).

    `noise_dim` is not looked at: the latent says the widths.

    Args:
        latent: Noise and codes.
        information: The term of both players.
    """

    latent: Coded = field(default_factory=Coded)
    information: Information = field(default_factory=Information)

    def model(self, image_size: int, seed: int = 0) -> "InfoGAN":
        """The GAN, untrained.

        Raises:
            InputError: The pictures' size is not a power of two, or below 8.
        """
        import tensorflow as tf

        from keras_t2i.models.dcgan import PictureGenerator
        from keras_t2i.models.info_gan import InfoCritic, InfoGAN
        from keras_t2i.models.trunks import checked_widths

        channels = checked_widths(image_size, self.width, self.max_width)
        with precision_policy(self.precision):
            network, average = (
                PictureGenerator(channels[::-1], name=name) for name in ("generator", "average")
            )
            critic = InfoCritic(channels, self.latent.categories, self.latent.continuous)
        for generator in (network, average):
            images = generator(tf.zeros((1, self.latent.width)))
        critic(images)
        return InfoGAN(
            noise_dim=self.latent.width,
            network=network,
            average=average,
            discriminator=critic,
            optimizers=(self.generator_optimizer.make(), self.critic_optimizer.make()),
            loss=self.loss,
            latent=self.latent,
            generator_extras=[self.information],
            critic_extras=[self.information, *self.critic_terms],
            critic_constraint=self.critic_constraint,
            augmentations=self.augmentations,
            schedule=self.schedule,
            averaging=self.averaging,
            seed=seed,
        )
