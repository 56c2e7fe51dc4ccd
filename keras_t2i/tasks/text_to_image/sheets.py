"""Pictures of a run that draws from captions."""

import sys
from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names, parse_formula
from keras_t2i.tasks.base.layout import arrange, line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.text_to_image.attention_map import encoded_attention
from keras_t2i.tasks.text_to_image.sampler import Sampler
from keras_t2i.text.caption_encoder import CaptionEncoder

_OF_OTHERS = ("labels", "combinations", "reconstruct", "translate")


def render(sampler: Sampler, request: GenerateOptions) -> list[Image.Image]:
    """Draw what is asked for.

    Raises:
        InputError: An impossible wish, or captions that say nothing to the encoder.
    """
    request.refuse(_OF_OTHERS, "it draws from captions.")
    names, embedding = _rows(sampler, request)
    seeds = [request.seed + i for _ in names for i in range(request.count)]
    pictures = sampler.sample(embedding.repeat(request.count, 0), seeds, request.truncation)
    together = bool(request.grid or request.interpolate or request.arithmetic)
    return arrange(names, pictures, together)


def render_attention(reader: CaptionEncoder, request: GenerateOptions) -> Image.Image:
    """Show what the encoder attends to; it needs no GAN.

    Raises:
        InputError: Other wishes beside it, no captions, or some that say nothing to the encoder.
    """
    request.refuse(_OF_OTHERS, "it draws from captions.")
    request.refuse(("interpolate", "arithmetic"), "--attention shows captions.")
    encoded = reader.encode(_captions(reader, request))
    return encoded_attention(reader.tokenizer.vocabulary, encoded["tokens"], encoded)


def _rows(sampler: Sampler, request: GenerateOptions) -> tuple[list[str], np.ndarray]:
    """Names and embeddings, a row a picture or sheet row."""
    if request.interpolate:
        start, end = sampler.encode(request.interpolate)["embedding"]
        shares, between = line(start, end)
        return [f"{share:.2f} of: {request.interpolate[1]}" for share in shares], between
    if request.arithmetic:
        formula = parse_formula(request.arithmetic)
        embedding = sampler.encode([caption for _, caption in formula])["embedding"]
        result = sum(sign * row for (sign, _), row in zip(formula, embedding, strict=True))
        return formula_names(formula), np.concatenate([embedding, [result]])
    captions = _captions(sampler, request)
    return captions, sampler.encode(captions)["embedding"]


def _captions(reader: CaptionEncoder, request: GenerateOptions) -> list[str]:
    """The captions that are asked for, looked through."""
    captions = request.texts
    if not captions:
        raise InputError(
            "Give either captions, or --file, or --interpolate FROM TO, or --arithmetic A + B - C."
        )
    reader.check(captions)
    _warn_of_unknown_words(reader, captions)
    return captions


def _warn_of_unknown_words(reader: CaptionEncoder, captions: Sequence[str]) -> None:
    """Tell on stderr which words the model will not understand, and which it will not read."""
    for caption in captions:
        unknown = reader.tokenizer.unknown_words(caption)
        if unknown:
            print(f"not known, ignored: {', '.join(unknown[:8])}", file=sys.stderr)
        left_out = len(reader.tokenizer.words(caption)) - (reader.tokenizer.length - 2)
        if left_out > 0:
            print(f"too long, the last {left_out} words are not read", file=sys.stderr)
