"""Word maps: where on its picture a generator has looked at each word of the caption."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_CELL, _LABEL, _GAP, _COLUMNS = 96, 18, 4, 10
_DARK = 0.2  # brightness of a place that does not look at the word


def word_maps(
    captions: Sequence[Sequence[str]], pictures: np.ndarray, maps: Sequence[np.ndarray]
) -> Image.Image:
    """Draw the attention of pictures to words (in the manner of figure 4 of Xu et al. 2018).

    A block for each caption and each side of maps: the picture, then once for each word, bright
    where it looks at the word the most. Below stands the word, with its share of all attention.

    Args:
        captions: The tokens of each caption.
        pictures: Pictures, uint8 (N, S, S, 3).
        maps: Attention, float (N, s, s, n) for each side s, as `WordGenerator.look` gives it; n is
            at least the number of tokens.
    """
    blocks = [
        _block(words, pictures[row], attention[row])
        for row, words in enumerate(captions)
        for attention in maps
    ]
    size = max(block.width for block in blocks), sum(block.height + _GAP for block in blocks)
    sheet = Image.new("RGB", size, "white")
    top = 0
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height + _GAP
    return sheet


def _block(words: Sequence[str], picture: np.ndarray, attention: np.ndarray) -> Image.Image:
    """One picture, then its maps: (S, S, 3) and (s, s, n)."""
    shown = Image.fromarray(picture).resize((_CELL, _CELL), Image.Resampling.BICUBIC)
    cells = [(f"side {attention.shape[0]}", shown)]
    for place, word in enumerate(words):
        looked = attention[..., place]
        cells.append((f"{word} {looked.mean():.0%}", _lit(shown, looked)))
    font, step = ImageFont.load_default(12), (_CELL + _GAP, _CELL + _LABEL + _GAP)
    columns = min(_COLUMNS, len(cells))
    block = Image.new("RGB", (columns * step[0], -(-len(cells) // columns) * step[1]), "white")
    draw = ImageDraw.Draw(block)
    for number, (label, cell) in enumerate(cells):
        left, top = number % columns * step[0], number // columns * step[1]
        block.paste(cell, (left, top))
        draw.text((left + 2, top + _CELL + 1), label, fill="black", font=font)
    return block


def _lit(picture: Image.Image, looked: np.ndarray) -> Image.Image:
    """The picture, as bright at each place as the map (s, s) is there beside its maximum."""
    levels = Image.fromarray((255 * looked / max(float(looked.max()), 1e-9)).astype("uint8"))
    light = np.asarray(levels.resize(picture.size, Image.Resampling.BICUBIC), "float32") / 255
    bright = np.asarray(picture) * (_DARK + (1 - _DARK) * light)[..., None]
    return Image.fromarray(bright.astype("uint8"))
