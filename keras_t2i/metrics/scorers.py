"""Match of pictures and captions."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np


class Scorer(Protocol):
    """Judges pairs of pictures and captions.

    Attributes:
        name: Name of the scorer, which is part of the names of its scores.
    """

    name: str

    def __call__(self, features: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        """Features of pictures (N, D) and M captions → how well each pair matches (N, M)."""
        ...


class RidgeScorer:
    """The cosine of a caption's embedding and the one that a picture's features predict.

    The prediction is linear, fitted in closed form on real training pairs by ridge regression.

    Args:
        features: Features of the training pictures (N, D).
        captions: Captions of the training pictures, one of each.
        encode: Function from captions to embeddings (M, E).
        name: Name of the features and the encoder.
        strength: Strength of the ridge, in units of the features' mean variance.
    """

    def __init__(
        self,
        features: np.ndarray,
        captions: Sequence[str],
        encode: Callable[[Sequence[str]], np.ndarray],
        name: str,
        strength: float = 1.0,
    ) -> None:
        self.name = f"ridge-{name}"
        self._encode = encode
        x, y = np.asarray(features, "float64"), np.asarray(encode(captions), "float64")
        self._centre, self._target = x.mean(0), y.mean(0)
        x, y = x - self._centre, y - self._target
        scatter = x.T @ x
        ridge = strength * np.trace(scatter) / len(scatter)
        self._weights = np.linalg.solve(scatter + ridge * np.eye(len(scatter)), x.T @ y)

    def __call__(self, features: np.ndarray, captions: Sequence[str]) -> np.ndarray:
        """Cosines (N, M) of pictures' features (N, D) and M captions."""
        predicted = (np.asarray(features, "float64") - self._centre) @ self._weights
        said = np.asarray(self._encode(captions), "float64") - self._target
        return _unit(predicted) @ _unit(said).T


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
