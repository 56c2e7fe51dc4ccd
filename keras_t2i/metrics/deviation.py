"""Influence of the noise and of the caption on pictures."""

import numpy as np


def pixel_deviation(pictures: np.ndarray) -> dict[str, float]:
    """The mean standard deviation of a pixel over noise, and over captions.

    Args:
        pictures: Pictures of each caption with each noise, at least two of each, uint8 (captions,
            noises, H, W, 3).

    Returns:
        `over_noise`: the deviation among pictures of one caption, mean over captions and pixels;
        `over_captions`: the deviation among pictures of one noise, mean over noises and pixels.
        Both in units of the range [−1, 1].

    Raises:
        ValueError: Fewer than two captions or noises.
    """
    if pictures.ndim != 5 or min(pictures.shape[:2]) < 2:
        raise ValueError(
            "pictures must be (captions, noises, H, W, 3) with at least two captions and noises. "
            f"Received: shape {pictures.shape}."
        )
    scaled = pictures.astype("float64") / 127.5 - 1.0
    return {
        "over_noise": float(scaled.std(axis=1).mean()),
        "over_captions": float(scaled.std(axis=0).mean()),
    }
