"""One sheet, or a picture each."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid

INTERPOLATION_STEPS = 8


def arrange(names: Sequence[str], rows: np.ndarray, together: bool) -> list[Image.Image]:
    """Pictures as images.

    Args:
        names: A name a row of the sheet.
        rows: uint8 (names · K, S, S, 3), K successive ones a name.
        together: Draw all into one sheet.
    """
    if together:
        return [captioned_grid(names, rows.reshape(len(names), -1, *rows.shape[1:]))]
    return [Image.fromarray(row) for row in rows]


def line(start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The shares of `end`, (8,) from 0 to 1, and the points between, (8, …)."""
    shares = np.linspace(0.0, 1.0, INTERPOLATION_STEPS, dtype="float32")
    return shares, np.stack([(1 - share) * start + share * end for share in shares])
