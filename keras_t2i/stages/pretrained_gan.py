"""A GAN from pictures to pictures whose generator is trained before the critic comes."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from keras_t2i.adversarial.losses import Silent
from keras_t2i.stages.translation_gan import TranslationGanStage
from pipelines.errors import InputError

if TYPE_CHECKING:
    from keras_t2i.image_to_image import TranslationWorkshop
    from keras_t2i.models.translation_gan import TranslationGAN


@dataclass(frozen=True)
class PretrainingStage(TranslationGanStage):
    """Trains a generator without a critic; its fields are `TranslationGanStage`'s."""

    loss: Silent = field(default_factory=Silent)

    name = "pretraining"


@dataclass(frozen=True)
class PretrainedGanStage(TranslationGanStage):
    """Trains a GAN whose generator begins as a trained one (Ledig et al. 2017, section 3.2).

    Args:
        first: How that one is trained, of the same networks.
    """

    first: PretrainingStage = field(default_factory=PretrainingStage)

    @property
    def stages(self) -> tuple[TranslationGanStage, ...]:
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

    def prepare(self, model: "TranslationGAN", workshop: "TranslationWorkshop") -> None:
        """Begin with the first stage's averaged generator."""
        weights = workshop.trained(self.first).average.get_weights()
        for generator in (model.network, model.average):
            generator.set_weights(weights)
