"""Layout of pictures: all on one sheet, or each alone."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid
from keras_t2i.pipelines.errors import InputError

INTERPOLATION_STEPS = 8


def arrange(names: Sequence[str], rows: np.ndarray, together: bool) -> list[Image.Image]:
    """Pictures as images.

    Args:
        names: Names of the sheet's rows.
        rows: Pictures, uint8 (names · K, S, S, 3), K successive ones for each name.
        together: Draw all into one sheet.
    """
    if together:
        return [captioned_grid(names, rows.reshape(len(names), -1, *rows.shape[1:]))]
    return [Image.fromarray(row) for row in rows]


def line(
    start: np.ndarray, end: np.ndarray, steps: int = INTERPOLATION_STEPS
) -> tuple[np.ndarray, np.ndarray]:
    """The shares of `end`, (steps,) from 0 to 1, and the points between, (steps, …).

    Raises:
        InputError: Fewer than two steps.
    """
    shares = shares_of(steps)
    return shares, np.stack([(1 - share) * start + share * end for share in shares])


def shares_of(steps: int) -> np.ndarray:
    """Shares of the end of a line, float32 (steps,) from 0 to 1.

    Raises:
        InputError: Fewer than two steps.
    """
    if steps < 2:
        raise InputError(f"steps must be at least 2. Received: {steps}.")
    return np.linspace(0.0, 1.0, steps, dtype="float32")


def share_names(shares: np.ndarray, end: str) -> list[str]:
    """Names of the rows of an interpolation."""
    return [f"{share:.2f} of: {end}" for share in shares]
