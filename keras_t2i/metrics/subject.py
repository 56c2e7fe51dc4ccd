"""Contracts of the models that scores judge, and of the models that judge with them.

Tasks and exported models implement these contracts, and commands hand them in: nothing in
`keras_t2i.metrics` knows which kind of model stands behind one.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from keras_t2i.metrics.conditions import Conditions


@runtime_checkable
class Generates(Protocol):
    """A trained generator, of any kind, whose pictures can be scored."""

    @property
    def step(self) -> int | None:
        """Number of the training step that its weights come from; `None` where it is not known."""

    def fingerprint(self) -> str:
        """sha256, in hexadecimal digits, of all weights that its pictures depend on."""

    def sample_conditions(self, conditions: Conditions, seeds: Sequence[int]) -> np.ndarray:
        """Draw a picture for each condition.

        A row's picture depends on its own condition and seed alone, never on the rows beside it. It
        may depend on all that a condition says, the real picture's place included.

        Args:
            conditions: N conditions; a generator of noise alone does not look at them.
            seeds: N seeds of the noise.

        Returns:
            uint8 (N, S, S, 3).
        """


@runtime_checkable
class EncodesText(Protocol):
    """A trained text encoder."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """N texts to embeddings, float32 (N, E)."""


@runtime_checkable
class ReadsLabels(Protocol):
    """A network that sees pictures and reads labels in them."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels, in the order of the logits."""

    @property
    def image_size(self) -> int:
        """Side of the pictures that it takes, in pixels."""

    def fingerprint(self) -> str:
        """sha256, in hexadecimal digits, of its weights."""

    def features_and_logits(self, images: np.ndarray) -> tuple[Any, Any]:
        """Images float32 (N, S, S, 3) in [−1, 1] to features (N, D) and label logits (N, n)."""
