"""Sheets of pictures as another domain's."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

from keras_t2i.images.given import read_pictures
from keras_t2i.images.grid import plain_grid
from keras_t2i.tasks.base.options import GenerateOptions


def render(
    translated: Callable[[np.ndarray], Any], side: int, options: GenerateOptions
) -> list[Image.Image]:
    """Files, or all pictures of folders, as the other domain's.

    Args:
        translated: Function that translates pictures to uint8 (N, S, S, 3).
        side: Side S of the pictures, in pixels.
        options: Options of `generate`.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    given = read_pictures([source.path for source in options.sources], side)
    pictures = translated(given)
    if options.grid:
        return [plain_grid(np.stack([given, pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]
