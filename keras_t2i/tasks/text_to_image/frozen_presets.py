"""Presets behind a sentence encoder that others made, for words that no caption has."""

from dataclasses import replace

from keras_t2i.tasks.text_to_image import presets as ours
from keras_t2i.tasks.text_to_image.frozen_encoder_stage import FrozenEncoderStage
from keras_t2i.tasks.text_to_image.task import TextToImage


def frozen_encoder_gan() -> TextToImage:
    """`self-attention-gan` behind a given sentence encoder: `--encoder.path FILE`."""
    return _behind_given(ours.self_attention_gan(), "frozen-encoder-gan", 128)


def narrow() -> TextToImage:
    """A quarter of the GAN's width, behind a given sentence encoder."""
    return _behind_given(ours.narrow(), "frozen-encoder-gan-narrow", 128)


def demo() -> TextToImage:
    """A small GAN for the drawn birds and two cores."""
    return _behind_given(ours.demo(), "frozen-encoder-gan-demo", 64)


def _behind_given(experiment: TextToImage, name: str, embedding_dim: int) -> TextToImage:
    """An experiment with a given encoder, whose embeddings keep the proportions of its distances.

    Scaled each by itself, coordinates in which training captions hardly differ would shout when a
    caption has a word that they lack.
    """
    return replace(
        experiment,
        name=name,
        encoder=FrozenEncoderStage(embedding_dim=embedding_dim),
        gan=replace(ours.caption_gan(experiment), standardize=False),
    )


PRESETS = {
    "frozen-encoder-gan": frozen_encoder_gan,
    "frozen-encoder-gan-narrow": narrow,
    "frozen-encoder-gan-demo": demo,
}
