"""Presets whose discriminator has critics on the maps of a frozen network beside it."""

from dataclasses import replace

from keras_t2i.tasks.text_to_image import word_presets as ours
from keras_t2i.tasks.text_to_image.feature_critics import FeatureCritics
from keras_t2i.tasks.text_to_image.word_task import WordsToImage


def vision_aided_gan() -> WordsToImage:
    """`word-attention-gan` with critics on a given network's maps (Sauer 2021, Kumari 2022)."""
    return _seen_through(ours.word_attention_gan(), "vision-aided-gan")


def narrow() -> WordsToImage:
    """A quarter of the GAN's width, with critics on a given network's maps."""
    return _seen_through(ours.narrow(), "vision-aided-gan-narrow")


def demo() -> WordsToImage:
    """A small GAN for the drawn birds and two cores."""
    return _seen_through(ours.demo(), "vision-aided-gan-demo")


def _seen_through(experiment: WordsToImage, name: str) -> WordsToImage:
    """An experiment with the critics, which `--gan.feature-critics.0.extractor FILE` completes."""
    gan = replace(experiment.gan, batch_size=16, feature_critics=(FeatureCritics(),))
    return replace(experiment, name=name, gan=gan)


PRESETS = {
    "vision-aided-gan": vision_aided_gan,
    "vision-aided-gan-narrow": narrow,
    "vision-aided-gan-demo": demo,
}
