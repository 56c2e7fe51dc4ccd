"""Networks whose features pictures are compared by; each is given by a path."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf


class Extractor(Protocol):
    """A network that sees pictures."""

    @property
    def name(self) -> str:
        """Name of the network, which is part of the names of its scores."""

    @property
    def size(self) -> int:
        """Side of the pictures that it takes, in pixels."""

    @property
    def fingerprint(self) -> str:
        """Fingerprint of its weights: features of other weights are other features."""

    @property
    def canonical(self) -> bool:
        """Whether it is the Inception network of published scores.

        A Fréchet distance by its features may be called FID.
        """

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """See pictures.

        Args:
            pictures: Pictures in RGB, float32 (N, size, size, 3) in [0, 255].

        Returns:
            `features` float32 (N, D), and `logits` (N, C) if it is a classifier.
        """


@runtime_checkable
class GivesMaps(Extractor, Protocol):
    """An extractor that shows its inner maps, for perceptual distances."""

    @property
    def heads(self) -> Sequence[np.ndarray] | None:
        """Learned weights of the maps' channels, L of (C_l,); `None` where there are none."""

    def maps(self, pictures: np.ndarray) -> list[np.ndarray]:
        """Pictures float32 (N, size, size, 3) in [0, 255] to L maps (N, h_l, w_l, C_l)."""


@runtime_checkable
class GivesGradients(Extractor, Protocol):
    """An extractor whose inner maps have a gradient, so that a generator can be trained by them."""

    def tensors(self, images: "tf.Tensor") -> "list[tf.Tensor]":
        """Pictures RGB float32 (N, S, S, 3) in [0, 255], of any side, to maps (N, h_l, w_l, C_l).

        As many maps as pictures of that side have, from the finest to the coarsest.
        """


@runtime_checkable
class GivesLabels(Extractor, Protocol):
    """An extractor whose logits are named labels, so that it can judge conditions."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the logits."""


def fingerprint_of(*paths: Path) -> str:
    """sha256 over the content of files, in the order given."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()
