"""How near pictures are to the very ones that they should be."""

import numpy as np
import tensorflow as tf


def fidelity(pictures: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Peak signal to noise, structural similarity (Wang et al. 2004), mean absolute difference.

    Args:
        pictures: uint8 (N, S, S, 3), S at least 11.
        real: uint8 (N, S, S, 3).

    Returns:
        `psnr` in dB, `ssim` in [−1, 1], `l1` in grey levels: the means over the pictures.
    """
    one, other = tf.constant(pictures), tf.constant(real)
    apart = pictures.astype("float64") - real
    return {
        "psnr": float(np.mean(_finite(tf.image.psnr(one, other, 255).numpy()))),
        "ssim": float(tf.reduce_mean(tf.image.ssim(one, other, 255))),
        "l1": float(np.abs(apart).mean()),
    }


def hole_psnr(pictures: np.ndarray, real: np.ndarray, mask: np.ndarray) -> float:
    """Peak signal to noise within holes, in dB, the mean over the pictures.

    Args:
        pictures: uint8 (N, S, S, 3).
        real: uint8 (N, S, S, 3).
        mask: (N, S, S), 1 within the holes.
    """
    squares = ((pictures.astype("float64") - real) ** 2).mean(-1)
    errors = (squares * mask).sum((1, 2)) / mask.sum((1, 2))
    return float(np.mean(_finite(10 * np.log10(255**2 / np.maximum(errors, 1e-12)))))


def _finite(decibels: np.ndarray) -> np.ndarray:
    """Equal pictures are infinitely many decibels apart from noise; a hundred will do."""
    return np.minimum(decibels, 100.0)
