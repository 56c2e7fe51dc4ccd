"""The kernel distance of two sets of features: KID where they are canonical Inception's."""

import numpy as np


def kernel_distance(
    one: np.ndarray, other: np.ndarray, subsets: int = 100, size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """The mean squared maximum mean discrepancy over random subsets (Bińkowski et al. 2018).

    Args:
        one: Features (N, D).
        other: Features (M, D).
        subsets: Number of subsets.
        size: Rows of each set in a subset; at most all, drawn without repetition.
        seed: Seed of the subsets.

    Returns:
        Mean and standard deviation over the subsets.

    Raises:
        ValueError: The features differ in width, or a set has fewer than two rows.
    """
    one, other = np.asarray(one, "float64"), np.asarray(other, "float64")
    size = min(size, len(one), len(other))
    rng = np.random.default_rng(seed)
    values = [
        squared_discrepancy(
            one[rng.choice(len(one), size, replace=False)],
            other[rng.choice(len(other), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def squared_discrepancy(one: np.ndarray, other: np.ndarray) -> float:
    """The unbiased squared maximum mean discrepancy, kernel (x·y / D + 1)³; it may be negative.

    Args:
        one: Features (N, D), N at least 2.
        other: Features (M, D), M at least 2.
    """
    if one.shape[1] != other.shape[1] or min(len(one), len(other)) < 2:
        raise ValueError(
            "Two sets of at least two rows and equal width are needed. "
            f"Received: {one.shape} and {other.shape}."
        )
    within = sum(_mean_off_diagonal(_kernel(side, side)) for side in (one, other))
    return float(within - 2.0 * _kernel(one, other).mean())


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one @ other.T / one.shape[1] + 1.0) ** 3


def _mean_off_diagonal(gram: np.ndarray) -> float:
    count = len(gram)
    return (gram.sum() - np.trace(gram)) / (count * (count - 1))
