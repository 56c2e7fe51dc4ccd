"""Perceptual distance of two pictures: LPIPS where its learned heads weigh the channels."""

from collections.abc import Sequence

import numpy as np


def perceptual_distance(
    one: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    heads: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Σ_l mean_hw Σ_c w_lc (x̂_lhwc − ŷ_lhwc)², channels scaled to unit length (Zhang 2018, eq. 1).

    Args:
        one: Maps of N pictures in a network: L of (N, h_l, w_l, C_l).
        other: Maps of N other pictures in the same network.
        heads: Learned weights w_l (C_l,), not negative; by default 1 / C_l, which is the mean over
            the channels: no LPIPS then.

    Returns:
        float64 (N,), 0 for equal pictures.

    Raises:
        ValueError: Maps or heads do not fit each other.
    """
    shapes = [x.shape for x in one], [y.shape for y in other]
    if shapes[0] != shapes[1]:
        raise ValueError(f"Maps must have equal shapes. Received: {shapes[0]} and {shapes[1]}.")
    heads = [np.full(x.shape[-1], 1.0 / x.shape[-1]) for x in one] if heads is None else heads
    widths = [x.shape[-1] for x in one]
    if [np.shape(w) for w in heads] != [(width,) for width in widths]:
        raise ValueError(
            f"Heads must have the maps' widths {widths}. Received: {[np.shape(w) for w in heads]}."
        )
    parts = [
        np.mean((_unit(x) - _unit(y)) ** 2 @ np.asarray(w, x.dtype), axis=(1, 2), dtype="float64")
        for x, y, w in zip(one, other, heads, strict=True)
    ]
    return np.sum(parts, axis=0)


def _unit(maps: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.einsum("nhwc,nhwc->nhw", maps, maps))
    return maps / (lengths[..., None] + 1e-10)
