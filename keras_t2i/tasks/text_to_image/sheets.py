"""Sheets of pictures that a run draws for captions."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names, parse_formula, signed_sum
from keras_t2i.tasks.base.layout import arrange, line, share_names
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.text_to_image.attention_map import encoded_attention
from keras_t2i.tasks.text_to_image.sampler import Sampler
from keras_t2i.text.caption_encoder import CaptionEncoder


def render(sampler: Sampler, options: GenerateOptions) -> list[Image.Image]:
    """Draw for the options of `generate`.

    Raises:
        InputError: Captions that say nothing to the encoder, or none.
    """
    names, embedding = _rows(sampler, options)
    seeds = [options.seed + i for _ in names for i in range(options.count)]
    pictures = sampler.sample(embedding.repeat(options.count, 0), seeds, options.truncation)
    together = bool(options.grid or options.interpolate or options.arithmetic)
    return arrange(names, pictures, together)


def render_attention(encoder: CaptionEncoder, captions: Sequence[str]) -> Image.Image:
    """Show the encoder's attention; it needs no GAN.

    Raises:
        InputError: No captions, or some that say nothing to the encoder.
    """
    encoded = encoder.encode(_given(captions))
    return encoded_attention(encoder.tokenizer.vocabulary, encoded["tokens"], encoded)


def _rows(sampler: Sampler, options: GenerateOptions) -> tuple[list[str], np.ndarray]:
    """Names and embeddings of the pictures, or of the sheet's rows."""
    if options.interpolate:
        shares, between = line(*sampler.encode(options.interpolate)["embedding"])
        return share_names(shares, options.interpolate[1]), between
    if options.arithmetic:
        formula = parse_formula(options.arithmetic)
        embedding = sampler.encode([caption for _, caption in formula])["embedding"]
        return formula_names(formula), np.stack([*embedding, signed_sum(formula, embedding)])
    captions = _given(options.texts)
    return captions, sampler.encode(captions)["embedding"]


def _given(captions: Sequence[str]) -> list[str]:
    """The captions, at least one."""
    if not captions:
        raise InputError(
            "Give either captions, or --file, or --interpolate FROM TO, or --arithmetic A + B - C."
        )
    return list(captions)
