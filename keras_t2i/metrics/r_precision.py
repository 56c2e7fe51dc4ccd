"""R-precision: whether a picture is nearer to its own caption than to others."""

import numpy as np


def r_precision(scores: np.ndarray, folds: int = 10) -> tuple[float, float]:
    """The share of pictures whose true caption scores highest (Xu et al. 2018, "AttnGAN").

    Args:
        scores: Match of each picture with its true caption, then with C mismatched ones (99 by the
            protocol), float (N, 1 + C). Of equal scores the true one does not count as the highest.
        folds: Number of parts over whose shares the deviation is taken.

    Returns:
        Mean and standard deviation over the folds.

    Raises:
        ValueError: No mismatched captions, or fewer pictures than folds.
    """
    scores = np.asarray(scores, "float64")
    if scores.ndim != 2 or scores.shape[1] < 2 or len(scores) < folds:
        raise ValueError(
            f"Scores (N, 1 + C) with C ≥ 1 and N ≥ {folds} are needed. Received: {scores.shape}."
        )
    hits = scores[:, 0] > scores[:, 1:].max(1)
    shares = [part.mean() for part in np.array_split(hits, folds)]
    return float(np.mean(shares)), float(np.std(shares))


def mismatched_rows(labels: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of other classes for each row: int64 (N, count), drawn with repetition where few.

    Args:
        labels: Class of each row (N,).
        count: Number of rows that are drawn for each.
        rng: Random numbers.

    Raises:
        ValueError: All rows are of one class.
    """
    labels = np.asarray(labels)
    drawn = np.empty((len(labels), count), "int64")
    for row, label in enumerate(labels):
        others = np.flatnonzero(labels != label)
        if not len(others):
            raise ValueError("Mismatched captions need a second class.")
        drawn[row] = rng.choice(others, count, replace=len(others) < count)
    return drawn
