"""A GAN of small pictures without convolutions."""

from typing import TYPE_CHECKING, Any

from keras_t2i.components.bounds import Share
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.unconditional.gan_stage import NoiseGanStage

if TYPE_CHECKING:
    import keras

    from keras_t2i.pipelines.records import DatasetInfo, Split


@component
class PerceptronGanStage(NoiseGanStage):
    """Trains perceptrons on pictures of a small side (Goodfellow et al. 2014).

    Args:
        side: Side of the pictures, which the data's must be a multiple of.
        generator_widths: Widths of the generator's hidden layers.
        critic_widths: Widths of the critic's hidden maxout layers.
        pieces: Number of linear pieces of a maxout unit.
        dropout: Share of the inputs of each of the critic's layers that is left out in training.
    """

    side: int = 16
    generator_widths: tuple[int, ...] = (1200, 1200)
    critic_widths: tuple[int, ...] = (240, 240)
    pieces: int = 5
    dropout: Share = 0.5

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse pictures whose side is not a multiple of this stage's."""
        full = info.image_size
        if full % self.side:
            raise InputError(
                f"A side of {self.side} needs pictures of a multiple of it. Received: {full}."
            )

    def image_size(self, full: int) -> int:
        """Side of the pictures of this stage, of data of a side."""
        return self.side

    def pictures(self, split: "Split", rows: int, seed: int, step: int, **options: Any) -> Any:
        """The pictures at this stage's side."""
        from keras_t2i.pipelines.paired import Downsample, paired_pictures

        smaller = Downsample(split.info.image_size // self.side)
        batches = paired_pictures(split, rows, smaller, seed=seed, start_step=step, **options)
        return batches.map(lambda batch: {"image": batch["source"]})

    def generator(self, image_size: int, name: str) -> "keras.Model":
        """The generator, untrained."""
        from keras_t2i.networks.perceptron import picture_perceptron

        return picture_perceptron(self.noise_dim, self.generator_widths, image_size, name)

    def critic(self, image_size: int) -> "keras.Model":
        """The critic, untrained."""
        from keras_t2i.networks.perceptron import MaxoutCritic

        return MaxoutCritic(self.critic_widths, self.pieces, self.dropout, name="critic")
