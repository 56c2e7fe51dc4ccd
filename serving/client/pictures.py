"""Pictures as a client sends, gets and reads them."""

import io
from pathlib import Path

from PIL import Image, ImageOps

from .errors import ClientError


def to_png(picture: Image.Image) -> bytes:
    """A picture as the bytes of an RGB PNG file."""
    held = io.BytesIO()
    picture.convert("RGB").save(held, "PNG")
    return held.getvalue()


def from_png(data: bytes) -> Image.Image:
    """The RGB picture of a PNG file's bytes."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def opened(path: Path) -> Image.Image:
    """The RGB picture of a file, turned as its camera says.

    Raises:
        ClientError: Not a picture that can be read.
    """
    try:
        with Image.open(path) as picture:
            return ImageOps.exif_transpose(picture).convert("RGB")
    except OSError as error:
        raise ClientError(f"{path}: no picture that can be read ({error}).") from error
