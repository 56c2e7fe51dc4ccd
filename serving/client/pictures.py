"""Pictures as a client sends, gets and reads them."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .errors import ClientError


def to_png(picture: Image.Image) -> bytes:
    """A picture as the bytes of an RGB PNG file; what is transparent becomes white."""
    held = io.BytesIO()
    _as_rgb(picture).save(held, "PNG")
    return held.getvalue()


def from_png(data: bytes) -> Image.Image:
    """The RGB picture of a PNG file's bytes."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def opened(path: Path) -> Image.Image:
    """The RGB picture of a file, turned as its camera says; what is transparent becomes white.

    Raises:
        ClientError: Not a picture that can be read.
    """
    try:
        with Image.open(path) as picture:
            return _as_rgb(ImageOps.exif_transpose(picture))
    except OSError as error:
        raise ClientError(f"{path}: no picture that can be read ({error}).") from error


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):  # Pillow clips 16 bits to 8 instead of scaling them
        picture = Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        backdrop = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(backdrop, picture)
    return picture.convert("RGB")
