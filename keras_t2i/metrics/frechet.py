"""The Fréchet distance of two sets of features: FID where they are canonical Inception's."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_ROWS = 4096  # taken in at a time


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of features, and their number.

    Args:
        count: Number of features N, at least 2.
        mean: Mean, float64 (D,).
        covariance: Covariance divided by N − 1, float64 (D, D).
    """

    count: int
    mean: np.ndarray
    covariance: np.ndarray

    @cached_property
    def factor(self) -> np.ndarray:
        """R of shape (D, rank) with R Rᵀ = Σ: a singular covariance has a narrow one."""
        values, axes = np.linalg.eigh(self.covariance)
        kept = values > values[-1] * len(values) * np.finfo("float64").eps
        return axes[:, kept] * np.sqrt(values[kept])


class MomentAccumulator:
    """Moments of features that come in batches, in float64 and bounded memory.

    Means and sums of squared deviations are merged pairwise (Chan et al. 1979): features far from
    the origin lose no digits, as they do in a plain sum of products.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = np.zeros(0)
        self._scatter = np.zeros((0, 0))

    def add(self, features: np.ndarray) -> None:
        """Take a batch of features (N, D) in."""
        batch = np.asarray(features, "float64")
        if not len(batch):
            return
        mean = batch.mean(0)
        centred = batch - mean
        scatter = centred.T @ centred
        if not self.count:
            self.count, self._mean, self._scatter = len(batch), mean, scatter
            return
        total = self.count + len(batch)
        step = mean - self._mean
        self._scatter += scatter + np.outer(step, step) * (self.count * len(batch) / total)
        self._mean = self._mean + step * (len(batch) / total)
        self.count = total

    def result(self) -> Moments:
        """The moments so far.

        Raises:
            ValueError: Fewer than two rows were taken in.
        """
        if self.count < 2:
            raise ValueError(f"A covariance needs at least two pictures. Received: {self.count}.")
        return Moments(self.count, self._mean, self._scatter / (self.count - 1))


def moments(features: np.ndarray) -> Moments:
    """The moments of features (N, D), perhaps mapped from a file that exceeds the memory."""
    accumulator = MomentAccumulator()
    for start in range(0, len(features), _ROWS):
        accumulator.add(features[start : start + _ROWS])
    return accumulator.result()


def frechet_distance(one: Moments, other: Moments) -> float:
    """‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁ Σ₂)^½) (Heusel et al. 2017, eq. 6).

    The trace of the root is the sum of the roots of the eigenvalues of Rᵀ Σ₂ R with R Rᵀ = Σ₁; that
    is symmetric: no complex numbers arise, and singular covariances need no ridge. R is kept with
    `one`: many distances to the same moments are cheaper with these first. Fewer pictures than
    dimensions make a covariance singular and the distance too large; a warning says so.

    Raises:
        ValueError: The features differ in width.
    """
    if one.mean.shape != other.mean.shape:
        raise ValueError(
            f"Features must have the same width. Received: {len(one.mean)} and {len(other.mean)}."
        )
    for side in (one, other):
        if side.count <= len(side.mean):
            warnings.warn(
                f"{side.count} pictures for {len(side.mean)} dimensions: the covariance is "
                "singular, and the Fréchet distance too large.",
                stacklevel=2,
            )
    product = np.linalg.eigvalsh(one.factor.T @ other.covariance @ one.factor)
    cross = np.sqrt(np.maximum(product, 0.0)).sum()
    distance = np.sum((one.mean - other.mean) ** 2)
    return float(distance + np.trace(one.covariance) + np.trace(other.covariance) - 2.0 * cross)
