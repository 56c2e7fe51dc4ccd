"""Pictures as a client sends, gets and reads them."""

import importlib.util
import io
import math
from functools import cache
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin

from .errors import ClientError, one_line

_MOST_PIXELS = 1 << 24  # that an exported model decodes; it works on far fewer


def to_png(picture: Image.Image) -> bytes:
    """A picture as the bytes of an RGB PNG file; what is transparent becomes white.

    One of more than 2²⁴ pixels, which no exported model takes, is made smaller.

    Raises:
        ClientError: Numbers of which nobody says what black and white are.
    """
    held, picture = io.BytesIO(), _as_rgb(picture, _black_and_white(picture))
    if picture.width * picture.height > _MOST_PIXELS:
        share = math.sqrt(_MOST_PIXELS / (picture.width * picture.height))
        size = (max(1, int(picture.width * share)), max(1, int(picture.height * share)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.save(held, "PNG")
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
    register_heic()
    try:
        with Image.open(path) as picture:
            return decoded(picture)
    # On broken data Pillow's decoders raise errors of a dozen kinds.
    except Exception as error:
        raise ClientError(f"{path}: no picture that can be read ({one_line(error)}).") from error


def decoded(picture: Image.Image) -> Image.Image:
    """The pixels of an opened file in RGB, turned as its camera says.

    Raises:
        ClientError: Numbers whose white is unknown.
        Exception: Broken data, on which Pillow's decoders raise a dozen types of errors.
    """
    levels = _black_and_white(picture)
    return _as_rgb(ImageOps.exif_transpose(picture), levels)


def _as_rgb(picture: Image.Image, levels: tuple[int, int]) -> Image.Image:
    if picture.mode.startswith("I"):  # Pillow clips such numbers to 8 bits instead of scaling them
        black, white = levels
        grey = (np.asarray(picture, np.float64) - black) * (255 / (white - black))
        picture = Image.fromarray(grey.clip(0, 255).round().astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        backdrop = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(backdrop, picture)
    return picture.convert("RGB")


def _black_and_white(picture: Image.Image) -> tuple[int, int]:
    """The numbers of black and white, if the picture is grey of more than 8 bits.

    Raises:
        ClientError: Numbers whose format does not say them.
    """
    if picture.mode == "F" or (picture.mode == "I" and picture.format != "PPM"):
        raise ClientError("It holds numbers of which nobody says what black and white are.")
    if picture.mode.startswith("I") and isinstance(picture, TiffImagePlugin.TiffImageFile):
        most = 2 ** picture.tag_v2[ExifTags.Base.BitsPerSample][0] - 1
        white_is_zero = picture.tag_v2[ExifTags.Base.PhotometricInterpretation] == 0
        return (most, 0) if white_is_zero else (0, most)
    return 0, 65535


@cache
def register_heic() -> None:
    """Let Pillow read HEIC, if the extra `heic` is installed."""
    if importlib.util.find_spec("pillow_heif") is not None:
        import pillow_heif

        pillow_heif.register_heif_opener()
