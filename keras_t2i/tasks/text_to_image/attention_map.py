"""Attention maps: a caption's words, coloured by the weight that they receive."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_ROW, _GAP, _COLOUR = 26, 8, np.array([214, 78, 18])


def encoded_attention(spelled: Any, encoded: Mapping[str, Any]) -> Image.Image:
    """Draw the attention of an encoder.

    Args:
        spelled: Tokens as texts (N, n), as `Tokenizer.spelled` gives them.
        encoded: `attention` (N, heads, n) and `mask` (N, n), as `TextEncoder.encode` gives them.
    """
    masks = np.asarray(encoded["mask"])
    words = [
        [token.decode() for token in row[mask]]
        for row, mask in zip(np.asarray(spelled), masks, strict=True)
    ]
    heads = np.asarray(encoded["attention"])
    return attention_map(words, [a[:, : len(w)] for a, w in zip(heads, words, strict=True)])


def attention_map(
    captions: Sequence[Sequence[str]], attention: Sequence[np.ndarray]
) -> Image.Image:
    """Draw each caption once a head, its words shaded from white (none) to orange (the most).

    Args:
        captions: The tokens of each caption.
        attention: Attention for each caption, float (heads, tokens), whose rows sum to 1.
    """
    font = ImageFont.load_default(15)
    lines = [
        (f"head {head + 1}", tokens, weights)
        for tokens, heads in zip(captions, attention, strict=True)
        for head, weights in enumerate(heads)
    ]
    widths = [
        80 + sum(font.getlength(token) + _GAP + 4 for token in tokens) for _, tokens, _ in lines
    ]
    breaks = sum(1 for name, _, _ in lines if name == "head 1")
    size = (int(max(widths)) + 10, len(lines) * _ROW + breaks * 10 + 8)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    y = 0
    for name, tokens, weights in lines:
        y += 10 if name == "head 1" and y else 0
        _draw_line(draw, font, y + 4, name, tokens, weights)
        y += _ROW
    return sheet


def _draw_line(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    y: int,
    name: str,
    tokens: Sequence[str],
    weights: np.ndarray,
) -> None:
    draw.text((8, y + 3), name, fill="grey", font=font)
    strongest = max(float(np.max(weights)), 1e-9)
    x = 70.0
    for token, weight in zip(tokens, weights, strict=True):
        share = float(weight) / strongest
        width = font.getlength(token)
        colour = tuple(int(v) for v in 255 - share * (255 - _COLOUR))
        draw.rounded_rectangle((x, y, x + width + 8, y + _ROW - 4), 4, fill=colour)
        draw.text((x + 4, y + 3), token, fill="white" if share > 0.7 else "black", font=font)
        x += width + _GAP + 4
