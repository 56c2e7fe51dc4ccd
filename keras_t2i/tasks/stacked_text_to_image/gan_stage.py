"""StackGAN's two stages on captions (Zhang et al. 2017)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage, ThesisCriticStage

if TYPE_CHECKING:
    import keras

    from keras_t2i.tasks.text_to_image.gan import ConditionalGAN


@dataclass(frozen=True, kw_only=True)
class StageIIGiven(CaptionGiven):
    """Inputs from which the second stage is built.

    Args:
        first: The first stage's GAN, trained.
    """

    first: "ConditionalGAN"


@component
class StageI(CaptionGanStage):
    """Trains a GAN of captions at a part of the data's side, as `CaptionGanStage` does.

    Args:
        doublings: Number of times that the second stage doubles this stage's side.
    """

    doublings: int = 1

    name = "stage-1"

    @property
    def factor(self) -> int:
        """Ratio of the second stage's side, which is the data's, to this stage's."""
        return 2**self.doublings

    def image_size(self, full: int) -> int:
        """The data's side, divided by the factor."""
        return full // self.factor

    def dataset(self, given: CaptionGiven, step: int, **options: Any) -> Any:
        """The captioned pictures at the smaller side, antialiased."""
        from keras_t2i.pipelines.paired import Downsample
        from keras_t2i.pipelines.scaling import with_floats

        smaller = Downsample(self.factor)

        def small(batch: Any) -> Any:
            return {**batch, "image": smaller(with_floats(batch)["image"], None)}

        return super().dataset(given, step, **options).map(small)


@component
class StageII(ThesisCriticStage):
    """Trains a generator that makes the first stage's pictures larger, by the caption.

    Args:
        first: The first stage; it says how often its side is doubled.
        width: Channels of the generator at the first stage's size.
        blocks: Number of residual blocks: 2 for pictures of 128, 4 for 256.
        discriminator_channels: Widths of the discriminator's maps, down to 4×4.
    """

    first: StageI = field(default_factory=StageI)
    width: int = 128
    blocks: int = 2
    discriminator_channels: tuple[int, ...] = (64, 128, 256, 512, 512)

    name = "stage-2"

    @property
    def generator_side(self) -> int:
        """Side of the pictures: that of the first stage's, doubled as often as it says."""
        return self.first.factor * self.first.generator_side

    def generator(self, embedding_dim: int, name: str) -> "keras.Model":
        """The generator, untrained, about an untrained first stage."""
        from keras_t2i.tasks.stacked_text_to_image.networks import SecondGenerator

        first = self.first.generator(embedding_dim, "first")
        return SecondGenerator(
            first,
            self.condition.layer(),
            self.width,
            self.blocks,
            self.first.doublings,
            name=name,
        )

    def check(self) -> None:
        """Refuse what `ThesisCriticStage` refuses, and stages that scale embeddings differently."""
        super().check()
        if self.standardize != self.first.standardize:
            raise InputError("Both stages must have the same `standardize`.")

    def prepare(self, model: "ConditionalGAN", given: CaptionGiven) -> None:
        """Put the trained first stage into the generators.

        Args:
            model: The GAN, untrained.
            given: Inputs of the stage, a `StageIIGiven`.
        """
        if not isinstance(given, StageIIGiven):
            raise TypeError("the second stage must be given the first one's GAN")
        for generator in (model.network, model.average):
            generator.first.set_weights(given.first.average.get_weights())
