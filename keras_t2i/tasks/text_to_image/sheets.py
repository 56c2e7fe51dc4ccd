"""Sheets of pictures that a run draws for captions."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.images.batches import to_uint8
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names
from keras_t2i.tasks.base.layout import INTERPOLATION_STEPS, arrange, share_names
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.text_to_image.attention_map import encoded_attention
from keras_t2i.tasks.text_to_image.readings import Columns
from keras_t2i.tasks.text_to_image.sampler import Sampler
from keras_t2i.tasks.text_to_image.word_gan import WordGAN
from keras_t2i.tasks.text_to_image.word_maps import word_maps
from keras_t2i.text.caption_encoder import CaptionEncoder


def render(sampler: Sampler, options: GenerateOptions) -> list[Image.Image]:
    """Draw for the options of `generate`.

    Raises:
        InputError: Captions that say nothing to the encoder, or none.
    """
    names, readings = _rows(sampler, options)
    pictures = np.concatenate([_drawn(sampler, reading, options) for reading in readings])
    together = bool(options.grid or options.interpolate or options.arithmetic)
    return arrange(names, pictures, together)


def render_attention(encoder: CaptionEncoder, captions: Sequence[str]) -> Image.Image:
    """Show the encoder's attention; it needs no GAN.

    Raises:
        InputError: No captions, or some that say nothing to the encoder.
    """
    encoded = encoder.encode(_given(captions))
    return encoded_attention(encoder.tokenizer.spelled(tf.constant(encoded["tokens"])), encoded)


def render_words(sampler: Sampler, captions: Sequence[str], seed: int) -> Image.Image:
    """Show where a `WordGAN`'s pictures look at each word of their captions.

    Args:
        sampler: The encoder and a `WordGAN`.
        captions: Captions, at least one.
        seed: Seed of all pictures' noise.
    """
    gan = sampler.gan
    if not isinstance(gan, WordGAN):
        raise TypeError(f"{type(gan).__name__} does not look at words.")
    read = sampler.read(captions)
    noise = row_noise(
        gan.latent, tf.fill([len(captions)], tf.cast(seed, tf.int64)), gan.network.noise_dim
    )
    images, maps = gan.looks(noise, *(tf.constant(read[name]) for name in gan.reading.names))
    vocabulary = sampler.tokenizer.vocabulary
    words = [
        [vocabulary[t] for t in row[mask]]
        for row, mask in zip(read["tokens"], read["mask"], strict=True)
    ]
    return word_maps(words, to_uint8(images), [np.asarray(each) for each in maps])


def _drawn(sampler: Sampler, reading: Columns, options: GenerateOptions) -> np.ndarray:
    """Pictures uint8 (rows · count, S, S, 3) of each row of a reading."""
    rows = len(reading["embedding"])
    seeds = [options.seed + i for _ in range(rows) for i in range(options.count)]
    return sampler.sample(sampler.repeated(reading, options.count), seeds, options.truncation)


def _rows(sampler: Sampler, options: GenerateOptions) -> tuple[list[str], list[Columns]]:
    """Names of the pictures, or of the sheet's rows, and their readings one after the other."""
    if options.interpolate:
        shares, between = sampler.between(*options.interpolate, INTERPOLATION_STEPS)
        return share_names(shares, options.interpolate[1]), [between]
    if options.arithmetic:
        terms, each, whole = sampler.total(options.arithmetic)
        return formula_names(terms), [each, whole]
    captions = _given(options.texts)
    return captions, [sampler.encode(captions)]


def _given(captions: Sequence[str]) -> list[str]:
    """The captions, at least one."""
    if not captions:
        raise InputError(
            "Give either captions, or --file, or --interpolate FROM TO, or --arithmetic A + B - C."
        )
    return list(captions)
