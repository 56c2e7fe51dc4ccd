"""Pictures from files: opened and checked, cropped to a square, made small."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from .errors import InputError

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})


def open_picture(path: Path) -> Image.Image:
    """Read a picture wholly, upright, as RGB; what is transparent shows white.

    Args:
        path: A file of any format that Pillow reads; of several frames the first counts.

    Raises:
        InputError: Missing, empty, cut short, or not a picture.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such picture.")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the picture is an empty file.")
    return decoded_picture(path, str(path))


def decoded_picture(file: Path | BinaryIO, name: str) -> Image.Image:
    """Decode a picture wholly, upright, as RGB; what is transparent shows white.

    Args:
        file: A file, or its bytes in an archive.
        name: Name of the picture, for messages.

    Raises:
        InputError: Cut short, or not a picture.
    """
    try:
        with Image.open(file) as image:
            image.load()
            return _as_rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise InputError(f"{name}: is no picture of a format that is known.") from error
    # On broken data Pillow's decoders raise errors of a dozen kinds.
    except Exception as error:
        raise InputError(f"{name}: the picture is broken or cut short ({error}).") from error


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height, upright; read from the file's beginning alone.

    Raises:
        InputError: A picture that `open_picture` refuses, as far as its beginning shows that.
    """
    try:
        with Image.open(path) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation, 1) > 4
            return image.size[::-1] if turned else image.size
    except Exception as error:
        raise InputError(f"{path}: no picture that can be read ({error}).") from error


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
    return np.asarray(image.resize((side, side), Image.Resampling.LANCZOS, box=box))


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow clips 16-bit grey to 8 bits instead of scaling it.
        grey = np.clip(np.asarray(image, np.float64) / 257, 0, 255).round().astype(np.uint8)
        image = Image.fromarray(grey)
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return image.convert("RGB")
