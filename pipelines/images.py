"""Pictures from files: opened and checked, cropped to a square, made small."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import (
    ExifTags,
    Image,
    ImageOps,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from .errors import InputError
from .picture_formats import NEEDS_HEIC, formats, needs_heic

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

_SIXTEEN_BITS = 65535
_sides: ContextVar[list[float] | None] = ContextVar("sides", default=None)


def open_picture(path: Path) -> Image.Image:
    """Read a picture wholly, upright, as RGB of 8 bits; what is transparent shows white.

    Args:
        path: A file of any format of `picture_formats`; of several frames the first counts.

    Raises:
        InputError: Missing, empty, cut short, not a picture, or of numbers whose white is unknown.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such picture.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the picture is an empty file.")
    return decoded_picture(path, str(path))


def decoded_picture(file: Path | BinaryIO, name: str) -> Image.Image:
    """Decode a picture wholly, upright, as RGB of 8 bits; what is transparent shows white.

    Args:
        file: A file, or its bytes in an archive.
        name: Name of the picture, for messages.

    Raises:
        InputError: Cut short, not a picture, or of numbers whose white is unknown.
    """
    try:
        with Image.open(file, formats=formats()) as image:
            _apply_transparent_colour_of_16_bits(image, file)
            image.load()
            levels = _black_and_white(image)
            return _as_rgb(ImageOps.exif_transpose(image), levels)
    except UnidentifiedImageError as error:
        if needs_heic(Path(name).suffix):
            raise InputError(f"{name}: {NEEDS_HEIC}.") from error
        raise InputError(f"{name}: is no picture of a format that is known.") from error
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    # On broken data Pillow's decoders raise errors of a dozen kinds.
    except Exception as error:
        raise InputError(f"{name}: the picture is broken or cut short ({error}).") from error


def as_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode as RGB of 8 bits; what is transparent shows white.

    Raises:
        InputError: Numbers whose black and white are not known.
    """
    return _as_rgb(image, _black_and_white(image))


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height, upright; read from the file's beginning alone.

    Raises:
        InputError: A picture that `open_picture` refuses, as far as its beginning shows that.
    """
    try:
        with Image.open(path, formats=formats()) as image:
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            # Of TIFF alone, Pillow turns the size itself.
            lies = orientation > 4 and not isinstance(image, TiffImagePlugin.TiffImageFile)
            return image.size[::-1] if lies else image.size
    except Exception as error:
        raise InputError(f"{path}: no picture that can be read ({error}).") from error


def is_picture(path: Path) -> bool:
    """Whether a file begins as a picture does, whatever its name is."""
    try:
        with Image.open(path, formats=formats()):
            return True
    except Exception:
        return False


def square_about(size: tuple[int, int], centre: tuple[float, float], side: float) -> Box:
    """Place a square about a point so that it lies inside the picture.

    A square larger than the picture's shorter side shrinks to it; one that sticks out is shifted
    inside. So the picture is never distorted, as it is where a clipped, oblong window is resized
    to a square; in return the ends of an object longer than that side are cut.

    Args:
        size: Width and height of the picture.
        centre: Centre (x, y) in pixels.
        side: Side of the square, in pixels.
    """
    width, height = size
    side = min(side, width, height)
    x = min(max(centre[0] - side / 2, 0.0), width - side)
    y = min(max(centre[1] - side / 2, 0.0), height - side)
    return x, y, x + side, y + side


def resized(image: Image.Image, side: int, box: Box | None = None) -> np.ndarray:
    """Cut a square out and resize it with antialiasing.

    Args:
        image: Picture in RGB.
        side: Side of the result, in pixels.
        box: The square, inside the picture; by default the largest in the middle.

    Returns:
        uint8 (side, side, 3).
    """
    if box is None:
        box = square_about(image.size, (image.width / 2, image.height / 2), max(image.size))
    cut = _sides.get()
    if cut is not None:
        cut.append(box[2] - box[0])
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS, box=box))


@contextmanager
def sides_before_resizing() -> Iterator[list[float]]:
    """Collect the sides, in pixels, of the squares that `resized` cuts out in this thread."""
    sides: list[float] = []
    token = _sides.set(sides)
    try:
        yield sides
    finally:
        _sides.reset(token)


def _as_rgb(image: Image.Image, levels: tuple[int, int] | None) -> Image.Image:
    """RGB of 8 bits.

    Args:
        image: An image.
        levels: Numbers that are black and white in it, if it is grey of more than 8 bits.
    """
    if levels is not None:
        black, white = levels
        held = np.asarray(image, np.float64)
        grey = ((held - black) * (255 / (white - black))).clip(0, 255).round()
        if (clear := image.info.get("transparency")) is not None:
            grey[held == clear] = 255
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        backdrop = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(backdrop, picture).convert("RGB")
    return image.convert("RGB")


def _black_and_white(image: Image.Image) -> tuple[int, int] | None:
    """The numbers of black and white in grey of more than 8 bits; `None` of all other images.

    Raises:
        InputError: The format does not say them.
    """
    if image.mode.startswith("I;16"):
        if not isinstance(image, TiffImagePlugin.TiffImageFile):
            return 0, _SIXTEEN_BITS
        most = 2 ** image.tag_v2[ExifTags.Base.BitsPerSample][0] - 1
        white_is_zero = image.tag_v2[ExifTags.Base.PhotometricInterpretation] == 0
        return (most, 0) if white_is_zero else (0, most)
    if image.mode == "I" and image.format == "PPM":  # Pillow scales any maximum to 16 bits
        return 0, _SIXTEEN_BITS
    if image.mode in ("I", "F"):
        raise InputError(
            "holds numbers of which nobody says what black and white are (whole numbers with a "
            "sign or of 32 bits, or fractions); save it with 8 or 16 bits."
        )
    return None


def _apply_transparent_colour_of_16_bits(image: Image.Image, file: Path | BinaryIO) -> None:
    """Make an opened PNG transparent where it has the colour that it declares to be so.

    Pillow keeps the high byte of each number alone, and cannot compare the whole one.
    """
    clear = image.info.get("transparency")
    if clear is None or not isinstance(image, PngImagePlugin.PngImageFile):
        return
    if image.tile[0].args != "RGB;16B":
        return
    high = np.asarray(image).astype(np.uint16)
    if not isinstance(file, Path):
        file.seek(0)
    with PngImagePlugin.PngImageFile(file) as again:
        # Read with the other order of bytes, the low one is kept.
        again.tile = [tile._replace(args="RGB;16L") for tile in again.tile]
        low = np.asarray(again)
    opaque = ((high << 8 | low) != np.array(clear)).any(-1)
    del image.info["transparency"]
    image.putalpha(Image.fromarray((opaque * 255).astype(np.uint8)))
