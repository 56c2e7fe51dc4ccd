"""Pictures of a run that draws from captions."""

import sys
from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.illustrations.formula import formula_names, parse_formula
from keras_t2i.illustrations.request import Request
from keras_t2i.illustrations.sheets import arrange, line
from keras_t2i.painter import Painter
from keras_t2i.pictures.attention import encoded_attention
from pipelines.errors import InputError


def illustrate(painter: Painter, request: Request) -> list[Image.Image]:
    """Draw what is asked for.

    Raises:
        InputError: An impossible wish, or captions that say nothing to the encoder.
    """
    request.refuse(
        ("labels", "combinations", "reconstruct", "translate"), "it draws from captions."
    )
    names, embedding = _rows(painter, request)
    if request.attention:
        return [_attention(painter, request.texts)]
    seeds = [request.seed + i for _ in names for i in range(request.count)]
    pictures = painter.paint(embedding.repeat(request.count, 0), seeds, request.truncation)
    together = bool(request.grid or request.interpolate or request.arithmetic)
    return arrange(names, pictures, together)


def _rows(painter: Painter, request: Request) -> tuple[list[str], np.ndarray]:
    """Names and embeddings, a row a picture or sheet row."""
    if request.interpolate:
        start, end = painter.encode(request.interpolate)["embedding"]
        shares, between = line(start, end)
        return [f"{share:.2f} of: {request.interpolate[1]}" for share in shares], between
    if request.arithmetic:
        formula = parse_formula(request.arithmetic)
        embedding = painter.encode([caption for _, caption in formula])["embedding"]
        result = sum(sign * row for (sign, _), row in zip(formula, embedding, strict=True))
        return formula_names(formula), np.concatenate([embedding, [result]])
    captions = request.texts
    if not captions:
        raise InputError(
            "Give either captions, or --file, or --interpolate FROM TO, or --arithmetic A + B - C."
        )
    embedding = painter.encode(captions)["embedding"]
    _warn_of_unknown_words(painter, captions)
    return captions, embedding


def _attention(painter: Painter, captions: Sequence[str]) -> Image.Image:
    encoded = painter.encode(captions)
    return encoded_attention(painter.tokenizer.vocabulary, encoded["tokens"], encoded)


def _warn_of_unknown_words(painter: Painter, captions: Sequence[str]) -> None:
    """Tell on stderr which words the model will not understand, and which it will not read."""
    for caption in captions:
        unknown = painter.tokenizer.unknown_words(caption)
        if unknown:
            print(f"not known, ignored: {', '.join(unknown[:8])}", file=sys.stderr)
        left_out = len(painter.tokenizer.words(caption)) - (painter.tokenizer.length - 2)
        if left_out > 0:
            print(f"too long, the last {left_out} words are not read", file=sys.stderr)
