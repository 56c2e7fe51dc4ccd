"""A generator for tests of scores: noisy pictures of one shade, no network behind them."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass
class Shades:
    """Draws for (split, row, caption, seed); its one weight is the mean level.

    Args:
        level: Mean of the pictures' levels.
        step: Step of the training.
    """

    level: float
    step: int | None = None

    def fingerprint(self):
        return hashlib.sha256(f"{self.level}".encode()).hexdigest()

    def sample_conditions(self, conditions, seeds):
        return np.stack([
            self._picture(f"{conditions.split} {row} {caption} {seed}")
            for row, caption, seed in zip(conditions.rows, conditions.captions, seeds, strict=True)
        ])  # fmt: skip

    def _picture(self, said):
        drawn = np.random.default_rng(list(said.encode())).normal(self.level, 12, (16, 16, 3))
        return np.clip(np.rint(drawn), 0, 255).astype("uint8")
