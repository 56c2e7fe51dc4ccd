"""Confidence intervals of scores, by drawing the pictures anew."""

from collections.abc import Callable

import numpy as np


def bootstrap_interval(
    score: Callable[[np.ndarray], float], count: int, draws: int, seed: int, level: float = 0.95
) -> tuple[float, float]:
    """The interval of a score over pictures drawn with repetition (Efron 1979).

    A set with pictures drawn twice is farther from another one than the set itself, so the mean of
    the draws is too high for a distance. The interval is therefore the score of the pictures
    themselves, plus how far the draws' quantiles lie from the draws' mean.

    Args:
        score: Function from rows (count,) of the pictures to the score.
        count: Number of pictures.
        draws: Number of draws, each of `count` pictures.
        seed: Seed of the draws.
        level: Share of the draws that lie within the interval, in (0, 1).

    Returns:
        Lower and upper bound.
    """
    rng = np.random.default_rng(seed)
    values = [score(rng.integers(0, count, count)) for _ in range(draws)]
    bounds = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    low, high = score(np.arange(count)) + bounds - np.mean(values)
    return float(low), float(high)
