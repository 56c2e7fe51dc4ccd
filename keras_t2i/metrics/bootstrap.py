"""Confidence intervals of scores, by drawing the pictures anew."""

from collections.abc import Callable

import numpy as np


def bootstrap_interval(
    score: Callable[[np.ndarray], float], count: int, draws: int, seed: int, level: float = 0.95
) -> tuple[float, float]:
    """The interval of a score over pictures drawn with repetition (Efron 1979).

    Repeated pictures move distances upwards: the draws' quantiles are taken relative to their mean,
    about the score of the pictures themselves.

    Args:
        score: From rows (count,) of the pictures to the score.
        count: Pictures.
        draws: How many times.
        seed: Of the drawing.
        level: Share of the draws within the interval.
    """
    rng = np.random.default_rng(seed)
    values = [score(rng.integers(0, count, count)) for _ in range(draws)]
    bounds = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    low, high = score(np.arange(count)) + bounds - np.mean(values)
    return float(low), float(high)
