"""A GAN from pictures to pictures whose generator is trained before the critic comes."""

from dataclasses import field

from keras_t2i.adversarial.losses import NoAdversarialLoss
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.image_to_image.gan_stage import ImageToImageGanStage


@component
class PretrainingStage(ImageToImageGanStage):
    """Trains a generator without a critic; its fields are `ImageToImageGanStage`'s."""

    loss: NoAdversarialLoss = field(default_factory=NoAdversarialLoss)

    name = "pretraining"


@component
class PretrainedGanStage(ImageToImageGanStage):
    """Trains a GAN whose generator begins as a trained one (Ledig et al. 2017, section 3.2).

    Args:
        first: Stage that trains the generator first, with the same networks.
    """

    first: PretrainingStage = field(default_factory=PretrainingStage)

    @property
    def stages(self) -> tuple[ImageToImageGanStage, ...]:
        """The generator alone, then both.

        Raises:
            InputError: The networks of both differ.
        """
        if self.networks != self.first.networks:
            raise InputError(
                "--gan.networks and --gan.first.networks must be the same: the second stage goes "
                f"on with the first's generator. Received: {self.networks}, {self.first.networks}."
            )
        return (self.first, self)
