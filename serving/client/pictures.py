"""Pictures as a client sends, gets and reads them."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .errors import ClientError, one_line


def to_png(picture: Image.Image) -> bytes:
    """A picture as the bytes of an RGB PNG file; what is transparent becomes white."""
    held = io.BytesIO()
    _as_rgb(picture).save(held, "PNG")
    return held.getvalue()


def from_png(data: bytes) -> Image.Image:
    """The RGB picture of a PNG file's bytes, as a server answers with.

    Raises:
        ClientError: Bytes of no picture.
    """
    try:
        return Image.open(io.BytesIO(data)).convert("RGB")
    # On broken data Pillow's decoders raise errors of a dozen kinds; also on what is no bytes.
    except Exception as error:
        raise ClientError("The server's answer holds no picture where it should.") from error


def opened(path: Path) -> Image.Image:
    """The RGB picture of a file, turned as its camera says; what is transparent becomes white.

    Raises:
        ClientError: Missing, empty, cut short, not a picture, or of numbers whose white is unknown.
    """
    if not path.is_file():
        raise ClientError(f"{path}: no such picture.")
    if path.stat().st_size == 0:
        raise ClientError(f"{path}: the picture is an empty file.")
    try:
        with Image.open(path) as picture:
            return decoded(picture)
    # On broken data Pillow's decoders raise errors of a dozen kinds.
    except Exception as error:
        raise ClientError(f"{path}: no picture that can be read ({one_line(error)}).") from error


def decoded(picture: Image.Image) -> Image.Image:
    """The pixels of an opened file in RGB, turned as its camera says.

    Raises:
        ValueError: Numbers whose white is unknown.
        Exception: Broken data, on which Pillow's decoders raise a dozen types of errors.
    """
    picture.load()
    if picture.mode in ("I", "F"):
        raise ValueError("it holds numbers of which nobody says what black and white are")
    return _as_rgb(ImageOps.exif_transpose(picture))


def _as_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16"):  # Pillow clips 16 bits to 8 instead of scaling them
        picture = Image.fromarray((np.asarray(picture) / 257).round().astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        backdrop = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(backdrop, picture)
    return picture.convert("RGB")
