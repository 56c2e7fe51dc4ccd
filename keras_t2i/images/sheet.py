"""`keras_t2i.grid`: pictures of any model on one sheet."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid, plain_grid, readable
from keras_t2i.pipelines.arguments import whole_number
from keras_t2i.pipelines.errors import InputError

_COLUMNS = 8


def grid(
    pictures: np.ndarray, captions: Sequence[str] = (), *, columns: int | None = None
) -> Image.Image:
    """Lay pictures out on one sheet, with captions on the left of the rows if there are any.

    Examples:
        >>> import keras_t2i
        >>> birds = keras_t2i.load("drawn-birds")
        >>> texts = ["a red bird", "a blue bird"]
        >>> pictures = birds.generate([t for t in texts for _ in range(4)])
        >>> keras_t2i.grid(pictures, texts).save("birds.png")

    Args:
        pictures: Pictures, uint8 (N, H, W, 3); with captions row after row.
        captions: Captions of the rows, each of as many pictures.
        columns: Number of pictures in a row, where there are no captions; by default 8 at most.

    Raises:
        InputError: No such pictures, pictures that the captions cannot share, or no columns.
    """
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise InputError(
            "Pictures of a grid must be uint8 (N, H, W, 3). Received: "
            f"{pictures.dtype} {pictures.shape}."
        )
    if not len(pictures) or (captions and len(pictures) % len(captions)):
        raise InputError(
            f"A grid needs pictures, as many for each caption. Received: {len(pictures)} pictures, "
            f"{len(captions)} captions."
        )
    if captions:
        return captioned_grid(captions, pictures.reshape(len(captions), -1, *pictures.shape[1:]))
    width = whole_number(min(_COLUMNS, len(pictures)) if columns is None else columns, "columns", 1)
    missing = -len(pictures) % width
    white = np.full((missing, *pictures.shape[1:]), 255, np.uint8)
    table = np.concatenate([pictures, white]).reshape(-1, width, *pictures.shape[1:])
    return plain_grid(readable(table))
