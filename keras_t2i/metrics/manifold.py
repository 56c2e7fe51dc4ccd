"""Measures of neighbourhoods in feature space: fidelity, diversity, copies of training pictures."""

import numpy as np

_ROWS = 512  # of a distance matrix, computed at a time


def precision_recall(real: np.ndarray, fake: np.ndarray, k: int = 3) -> dict[str, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem 2020).

    A picture's ball reaches to its k-th nearest neighbour of its own set. Precision: the share of
    fakes in some real ball. Recall: of real pictures in some fake ball. Density: real balls a fake
    lies in, in units of k. Coverage: the share of real balls with a fake in them.

    Args:
        real: Features (N, D), N > k.
        fake: Features (M, D), M > k.
        k: Number of neighbours that a ball reaches to.

    Returns:
        `precision`, `recall`, `coverage` in [0, 1]; `density` ≥ 0.

    Raises:
        ValueError: Not more than k pictures in a set.
    """
    real, fake = np.asarray(real, "float64"), np.asarray(fake, "float64")
    if min(len(real), len(fake)) <= k:
        raise ValueError(
            f"More than k = {k} pictures of each set are needed. "
            f"Received: {len(real)} real, {len(fake)} generated."
        )
    real_radii, fake_radii = _radii(real, k), _radii(fake, k)
    in_real, in_fake = np.zeros(len(fake), int), np.zeros(len(real), bool)
    nearest = np.full(len(real), np.inf)
    for start in range(0, len(fake), _ROWS):
        part = slice(start, start + _ROWS)
        apart = squared_distances(fake[part], real)
        in_real[part] = (apart <= real_radii).sum(1)
        in_fake |= (apart <= fake_radii[part, None]).any(0)
        nearest = np.minimum(nearest, apart.min(0))
    return {
        "precision": float(np.mean(in_real > 0)),
        "recall": float(np.mean(in_fake)),
        "density": float(np.mean(in_real) / k),
        "coverage": float(np.mean(nearest <= real_radii)),
    }


def nearest_neighbours(some: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest of `others` (M, D) to each of `some` (N, D).

    Returns:
        Rows of `others`, int64 (N,), and distances, float64 (N,).
    """
    some, others = np.asarray(some, "float64"), np.asarray(others, "float64")
    rows, distances = [], []
    for start in range(0, len(some), _ROWS):
        apart = squared_distances(some[start : start + _ROWS], others)
        rows.append(apart.argmin(1))
        distances.append(np.sqrt(apart.min(1)))
    return np.concatenate(rows), np.concatenate(distances)


def duplicates(
    fake: np.ndarray, train: np.ndarray, unseen: np.ndarray, quantile: float = 0.01
) -> dict[str, float]:
    """How many fakes are as near to a training picture as real pictures hardly ever are.

    Args:
        fake: Features (N, D) of generated pictures.
        train: Features (M, D) of training pictures.
        unseen: Features (K, D) of real pictures that were not trained on: how near pictures of this
            kind lie to training pictures without having been learned from them.
        quantile: Share of the unseen pictures that lie nearer than what counts as a copy.

    Returns:
        `share` of the fakes nearer than `threshold`, and the mean distances `fake`, `unseen` to the
        nearest training picture.
    """
    from_fake, from_unseen = (nearest_neighbours(side, train)[1] for side in (fake, unseen))
    threshold = float(np.quantile(from_unseen, quantile))
    return {
        "share": float(np.mean(from_fake < threshold)),
        "threshold": threshold,
        "fake": float(from_fake.mean()),
        "unseen": float(from_unseen.mean()),
    }


def squared_distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances, float64 (N, M), of rows (N, D) and (M, D); never negative."""
    squares = (some**2).sum(1)[:, None] + (others**2).sum(1)
    return np.maximum(squares - 2.0 * some @ others.T, 0.0)


def _radii(points: np.ndarray, k: int) -> np.ndarray:
    """Squared distances to the k-th nearest other point (N,)."""
    radii = np.empty(len(points))
    for start in range(0, len(points), _ROWS):
        apart = squared_distances(points[start : start + _ROWS], points)
        radii[start : start + _ROWS] = np.partition(apart, k, axis=1)[:, k]  # the 0th is itself
    return radii
