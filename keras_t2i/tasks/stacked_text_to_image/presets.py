"""StackGAN (Zhang et al. 2017): captions → 64 → 128, or 64 → 256."""

from dataclasses import fields, replace
from typing import Any

from keras_t2i.tasks.stacked_text_to_image.gan_stage import StageI, StageII
from keras_t2i.tasks.stacked_text_to_image.task import StackedTextToImage
from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage, ThesisCriticStage
from keras_t2i.tasks.text_to_image.task import TextToImage


def stack_gan() -> StackedTextToImage:
    """64 → 128 with the encoder and the first stage of `self-attention-gan` (section 3).

    Condition and weight of its divergence are `self-attention-gan`'s, 32 and 0.02, of a sum over
    its width.
    """
    return stacked(ours.self_attention_gan(), "stack-gan", width=128, blocks=2, last=512)


def stack_gan_256() -> StackedTextToImage:
    """64 → 256 at once, as in the paper: four residual blocks, then four enlargements.

    What comes before the second stage is `stack-gan`'s.
    """
    experiment = stack_gan()
    gan = experiment.gan
    second = replace(
        gan,
        first=replace(gan.first, doublings=2),
        blocks=4,
        discriminator_channels=(*gan.discriminator_channels, 512),
    )
    return replace(experiment, name="stack-gan-256", gan=second)


def narrow() -> StackedTextToImage:
    """A quarter of the width."""
    return stacked(ours.narrow(), "stack-gan-narrow", width=32, blocks=2, last=128)


def demo() -> StackedTextToImage:
    """A small StackGAN for the drawn birds, 32 → 64, and two cores."""
    experiment = ours.demo()
    gan = ours.caption_gan(experiment)
    smaller = replace(
        gan,
        generator_channels=gan.generator_channels[:-1],
        discriminator_channels=gan.discriminator_channels[:-1],
        batch_size=64,
    )
    made = stacked(replace(experiment, gan=smaller), "stack-gan-demo", width=16, blocks=1, last=128)
    return replace(made, gan=replace(made.gan, pairs=60_000))


def stacked(
    experiment: TextToImage, name: str, width: int, blocks: int, last: int
) -> StackedTextToImage:
    """The second stage behind an experiment's GAN, which becomes the first."""
    gan = ours.caption_gan(experiment)
    first = StageI(**_values(gan, CaptionGanStage))
    second = StageII(**_values(gan, ThesisCriticStage), first=first, width=width, blocks=blocks)
    channels = (*gan.discriminator_channels, last)
    return StackedTextToImage(
        name=name,
        seed=experiment.seed,
        xla=experiment.xla,
        encoder=experiment.encoder,
        gan=replace(second, discriminator_channels=channels),
    )


def _values(stage: ThesisCriticStage, kind: type[Any]) -> dict[str, Any]:
    """The values that a stage has of the fields of a kind of stage."""
    return {field.name: getattr(stage, field.name) for field in fields(kind)}


PRESETS = {
    "stack-gan": stack_gan,
    "stack-gan-256": stack_gan_256,
    "stack-gan-narrow": narrow,
    "stack-gan-demo": demo,
}
