"""Resizing to a network's input: a choice that belongs to a score's name (Parmar et al. 2022)."""

from collections.abc import Sequence

import numpy as np
from PIL import Image


def clean(pictures: Sequence[np.ndarray] | np.ndarray, side: int) -> np.ndarray:
    """Resize as clean-fid's mode `clean`: PIL's antialiased bicubic filter, channel by channel.

    Args:
        pictures: N of uint8 (H, W, 3), perhaps of several sizes.
        side: Side of the result, in pixels.

    Returns:
        float32 (N, side, side, 3) in [0, 255], not rounded.
    """
    resized = np.empty((len(pictures), side, side, 3), "float32")
    for picture, out in zip(pictures, resized, strict=True):
        for channel in range(3):
            plane = Image.fromarray(picture[..., channel].astype("float32"))
            out[..., channel] = plane.resize((side, side), Image.Resampling.BICUBIC)
    return np.clip(resized, 0.0, 255.0, out=resized)
