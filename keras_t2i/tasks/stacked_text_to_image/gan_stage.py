"""StackGAN's two stages on captions (Zhang et al. 2017)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage

if TYPE_CHECKING:
    import keras

    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN
    from keras_t2i.tasks.text_to_image.task import TextToImageTask


@dataclass(frozen=True)
class StageI(CaptionGanStage):
    """Trains a GAN of captions at half the data's side; its fields are `CaptionGanStage`'s."""

    name = "stage-1"

    def image_size(self, full: int) -> int:
        """Half the data's side."""
        return full // 2

    def dataset(self, task: "TextToImageTask", embeddings: np.ndarray, rows: int, step: int) -> Any:
        """The captioned pictures at half the side, antialiased."""
        from keras_t2i.pipelines.paired import Downsample

        smaller = Downsample(2)
        return (
            super()
            .dataset(task, embeddings, rows, step)
            .map(lambda batch: {**batch, "image": smaller(batch["image"], None)})
        )


@dataclass(frozen=True)
class StageII(CaptionGanStage):
    """Trains a generator that makes the first stage's pictures twice as large, by the caption.

    `generator_channels` and `latent_dim` are not looked at: it refines what the first stage draws.

    Args:
        first: The first stage.
        width: Channels of the generator at the first stage's size.
        blocks: Its residual blocks: 2 for pictures of 128, 4 for 256.
        discriminator_channels: Widths down to 4×4.
    """

    first: StageI = field(default_factory=StageI)
    width: int = 128
    blocks: int = 2
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512, 512)

    name = "stage-2"

    @property
    def generator_side(self) -> int:
        """Twice the first stage's."""
        return 2 * self.first.generator_side

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained, about an untrained first stage."""
        from keras_t2i.tasks.stacked_text_to_image.networks import SecondGenerator

        first = self.first.generator(embedding_dim, "first")
        return SecondGenerator(first, self.condition.layer(), self.width, self.blocks, name=name)

    def prepare(self, model: "ConditionalGAN", task: "TextToImageTask") -> None:
        """Put the trained first stage into the generators.

        Raises:
            InputError: The stages do not take the same embeddings.
        """
        if self.standardize != self.first.standardize:
            raise InputError("Both stages must have the same `standardize`.")
        trained = task.restore(
            self.first.model(task.experiment.encoder.embedding_dim), self.first.name
        )
        for generator in (model.network, model.average):
            generator.first.set_weights(trained.average.get_weights())
