"""Networks whose features pictures are compared by; each is given by a path."""

import hashlib
from pathlib import Path
from typing import Protocol

import numpy as np


class Extractor(Protocol):
    """A network that sees pictures.

    Attributes:
        name: Stands in the name of every score that is computed with it.
        size: Side of the pictures that it takes.
        fingerprint: Of its weights: features of other weights are other features.
        canonical: Whether it is the Inception network of published scores, so that a Fréchet
            distance by its features may be called FID.
    """

    name: str
    size: int
    fingerprint: str
    canonical: bool

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """See pictures.

        Args:
            pictures: float32 RGB (N, size, size, 3) in [0, 255].

        Returns:
            `features` float32 (N, D), and `logits` (N, C) if it is a classifier.
        """
        ...


def fingerprint_of(*paths: Path) -> str:
    """sha256 over the content of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()
