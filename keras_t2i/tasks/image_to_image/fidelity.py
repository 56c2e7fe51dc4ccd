"""Fidelity of pictures to the pictures that they should be."""

import numpy as np
import tensorflow as tf

_MOST_DECIBELS = 100.0
_WINDOW = 11  # side of the window of the structural similarity


def fidelity(pictures: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Peak signal to noise, structural similarity (Wang et al. 2004), mean absolute difference.

    Args:
        pictures: Pictures, uint8 (N, S, S, 3), S at least 11.
        real: The pictures that they should be, uint8 of the same shape.

    Returns:
        `psnr` in dB, at most 100, `ssim` in [−1, 1], `l1` in grey levels: the means over the
        pictures.

    Raises:
        ValueError: Shapes that differ, or pictures smaller than the window of `ssim`.
    """
    _check(pictures, real)
    one, other = tf.constant(pictures), tf.constant(real)
    apart = pictures.astype("float64") - real
    return {
        "psnr": float(np.mean(_finite(tf.image.psnr(one, other, 255).numpy()))),
        "ssim": float(tf.reduce_mean(tf.image.ssim(one, other, 255))),
        "l1": float(np.abs(apart).mean()),
    }


def hole_psnr(pictures: np.ndarray, real: np.ndarray, mask: np.ndarray) -> float:
    """Peak signal to noise within holes, in dB, at most 100: the mean over the pictures.

    Args:
        pictures: Pictures, uint8 (N, S, S, 3).
        real: The pictures that they should be, uint8 (N, S, S, 3).
        mask: Masks of the holes, (N, S, S): 1 within, 0 without; each has a hole.
    """
    squares = ((pictures.astype("float64") - real) ** 2).mean(-1)
    errors = (squares * mask).sum((1, 2)) / mask.sum((1, 2))
    return float(np.mean(_finite(10 * np.log10(255**2 / np.maximum(errors, 1e-12)))))


def _finite(decibels: np.ndarray) -> np.ndarray:
    """Peak signal to noise of at most 100 dB: that of equal pictures is infinite."""
    return np.minimum(decibels, _MOST_DECIBELS)


def _check(pictures: np.ndarray, real: np.ndarray) -> None:
    if pictures.shape != real.shape or min(pictures.shape[1:3]) < _WINDOW:
        raise ValueError(
            f"Pictures must be of equal shapes, with sides of at least {_WINDOW}. "
            f"Received: {pictures.shape} and {real.shape}."
        )
