"""Pictures that a user gives: files, PIL images or arrays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import as_rgb, open_picture, resized

_GREY = 8  # levels that white may be off

Picture = Path | str | Image.Image | np.ndarray


def read_pictures(pictures: Sequence[Picture], side: int) -> np.ndarray:
    """Pictures at a size, the largest square in the middle of each: uint8 (N, side, side, 3).

    Raises:
        InputError: No picture, or one that cannot be read.
    """
    if not len(pictures):
        raise InputError("Give at least one picture.")
    return np.stack([resized(opened(picture), side) for picture in pictures])


def opened(picture: Picture) -> Image.Image:
    """A picture as an RGB image.

    Raises:
        InputError: A picture that cannot be read, or an array that is not uint8 (H, W, 3).
    """
    if isinstance(picture, Image.Image):
        return as_rgb(picture)
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 3:
            raise InputError(
                "A picture's array must be uint8 (H, W, 3). "
                f"Received: {picture.dtype} {picture.shape}."
            )
        return Image.fromarray(picture)
    return open_picture(Path(picture))


def white_of(picture: Image.Image) -> Image.Image:
    """Mask, white on black, of the white parts of a picture: the hole that is to be filled."""
    pixels = np.asarray(picture.convert("RGB"))
    return Image.fromarray((whiteness(pixels) * 255).astype("uint8")).convert("RGB")


def whiteness(pictures: np.ndarray) -> np.ndarray:
    """Mask of the white pixels of pictures uint8 (…, 3), within a few levels: bool (…)."""
    return pictures.min(-1) >= 255 - _GREY
