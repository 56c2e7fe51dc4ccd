"""Sample grids: a row for each caption, its pictures beside it."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keras_t2i.pipelines.whole_file import whole_file

_MARGIN, _TEXT_WIDTH, _SMALL = 4, 300, 32

# Of an image's `info`: other files of the same content, by suffix.
BESIDE = "beside"


def captioned_grid(
    captions: Sequence[str],
    pictures: np.ndarray,
    scale: int = 1,
    headers: Sequence[str] = (),
) -> Image.Image:
    """Draw captions on the left and the pictures of each in its row.

    Pictures of 32 to 63 pixels are shown twice as large, smoothly: nobody sees a bird of 32.
    Smaller ones are not; there are pixels to be seen.

    Args:
        captions: Captions of the rows.
        pictures: Pictures, uint8 (rows, columns, H, W, 3).
        scale: Each pixel becomes a square of so many.
        headers: Names of the columns, above them.
    """
    pictures = readable(pictures.repeat(scale, axis=2).repeat(scale, axis=3))
    rows, columns, height, width, _ = pictures.shape
    cell = (height + _MARGIN, width + _MARGIN)
    font = ImageFont.load_default(13)
    header_lines = [textwrap.wrap(name, max(6, width // 7)) for name in headers]
    above = max((18 * len(lines) for lines in header_lines), default=0)
    size = (_TEXT_WIDTH + columns * cell[1] + _MARGIN, above + rows * cell[0] + _MARGIN)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for column, lines in enumerate(header_lines):
        place = (_TEXT_WIDTH + column * cell[1], _MARGIN)
        draw.multiline_text(place, "\n".join(lines), fill="black", font=font)
    for row, caption in enumerate(captions):
        top = above + _MARGIN + row * cell[0]
        lines = textwrap.wrap(caption, 44)[: max(1, height // 16)]
        draw.multiline_text((8, top + 2), "\n".join(lines), fill="black", font=font)
        for column in range(columns):
            place = (_TEXT_WIDTH + column * cell[1], top)
            sheet.paste(Image.fromarray(pictures[row, column]), place)
    return sheet


def readable(pictures: np.ndarray) -> np.ndarray:
    """Pictures uint8 (rows, columns, H, W, 3); of 32 to 63 pixels, twice as large (bicubic)."""
    rows, columns, height, width, _ = pictures.shape
    if not _SMALL <= height < 2 * _SMALL:
        return pictures
    size = (2 * width, 2 * height)
    flat = pictures.reshape(-1, height, width, 3)
    larger = [
        np.asarray(Image.fromarray(each).resize(size, Image.Resampling.BICUBIC)) for each in flat
    ]
    return np.stack(larger).reshape(rows, columns, *size[::-1], 3)


def grid_pictures(sheet: Image.Image, side: int) -> np.ndarray:
    """Pictures of a `captioned_grid` without headers: uint8 (rows, columns, S, S, 3), as shown."""
    cell = side + _MARGIN
    pixels = np.asarray(sheet.convert("RGB"))[_MARGIN:, _TEXT_WIDTH:]
    rows, columns = pixels.shape[0] // cell, pixels.shape[1] // cell
    cells = pixels[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell, 3)
    return cells.swapaxes(1, 2)[:, :, :side, :side]


def plain_grid(pictures: np.ndarray) -> Image.Image:
    """Pictures uint8 (rows, columns, H, W, 3) side by side, with a white seam."""
    rows, columns, height, width, _ = pictures.shape
    sheet = Image.new("RGB", (columns * (width + 2) - 2, rows * (height + 2) - 2), "white")
    for row in range(rows):
        for column in range(columns):
            picture = Image.fromarray(pictures[row, column])
            sheet.paste(picture, (column * (width + 2), row * (height + 2)))
    return sheet


def save_png(image: Image.Image, path: Path) -> None:
    """Write a PNG, whole or not at all, creating its folder."""
    with whole_file(path) as partial:
        image.save(partial, format="PNG")


def enlarged(pictures: np.ndarray, side: int) -> np.ndarray:
    """Pictures (N, s, s, 3) with larger pixels, (N, side, side, 3)."""
    factor = side // pictures.shape[1]
    return pictures.repeat(factor, axis=1).repeat(factor, axis=2)
