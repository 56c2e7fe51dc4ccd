"""A seeded random projection: for tests, and to see what a score makes of no knowledge at all."""

import numpy as np


class RandomProjection:
    """Pixels of a small picture times a fixed random matrix.

    Args:
        width: Width of the features.
        seed: Seed of the matrix.
    """

    size = 16
    canonical = False

    def __init__(self, width: int = 64, seed: int = 0) -> None:
        self.name = f"random-projection-{width}-{seed}"
        self.fingerprint = self.name
        inputs = self.size * self.size * 3
        rng = np.random.default_rng(seed)
        self._matrix = rng.normal(size=(inputs, width)).astype("float32") / inputs**0.5

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures float32 (N, 16, 16, 3) in [0, 255] → features, which are the logits as well."""
        features = (pictures.reshape(len(pictures), -1) / 127.5 - 1.0) @ self._matrix
        return {"features": features, "logits": features}
