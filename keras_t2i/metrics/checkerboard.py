"""Share of a picture that alternates from pixel to pixel, as transposed convolutions cause."""

import numpy as np


def alternating_share(picture: np.ndarray) -> float:
    """The share of a picture's energy at the highest frequency of its rows or columns.

    A checkerboard (Odena, Dumoulin and Olah 2016) stands there in the spectrum, where photographs
    and drawings have next to nothing: their energy falls with the square of the frequency.

    Args:
        picture: Picture, uint8 (H, W, 3), of even sides.

    Returns:
        Share in [0, 1], of the grey picture without its mean; 0 for a picture of one grey.
    """
    height, width = picture.shape[:2]
    grey = picture[: height - height % 2, : width - width % 2].astype("float64").mean(-1)
    energy = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
    rows, columns = energy.shape[0] // 2, energy.shape[1] // 2
    alternating = energy[rows].sum() + energy[:, columns].sum() - energy[rows, columns]
    return float(alternating / energy.sum()) if energy.sum() else 0.0
