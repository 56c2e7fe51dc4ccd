"""Presets whose discriminator has critics on the maps of a frozen network beside it."""

from dataclasses import replace

from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics
from keras_t2i.tasks.text_to_image.task import TextToImage


def vision_aided_gan() -> TextToImage:
    """`self-attention-gan` with critics on a given network's maps (Sauer 2021, Kumari 2022)."""
    return _seen_through(ours.self_attention_gan(), "vision-aided-gan")


def narrow() -> TextToImage:
    """A quarter of the GAN's width, with critics on a given network's maps."""
    return _seen_through(ours.narrow(), "vision-aided-gan-narrow")


def demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    return _seen_through(ours.demo(), "vision-aided-gan-demo")


def _seen_through(experiment: TextToImage, name: str) -> TextToImage:
    """An experiment with the critics, which `--gan.feature-critics.0.extractor FILE` completes."""
    gan = replace(ours.caption_gan(experiment), batch_size=16, feature_critics=(FeatureCritics(),))
    return replace(experiment, name=name, gan=gan)


PRESETS = {
    "vision-aided-gan": vision_aided_gan,
    "vision-aided-gan-narrow": narrow,
    "vision-aided-gan-demo": demo,
}
