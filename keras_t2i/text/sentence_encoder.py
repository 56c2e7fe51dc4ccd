"""The common base of sentence encoders, trained here or given."""

from typing import Any

import tensorflow as tf

from keras_t2i.networks.traced import traced
from keras_t2i.training.tracked_model import TrackedModel


class SentenceEncoder(TrackedModel):
    """Tokens of captions → (embedding, attention, mask)."""

    @property
    def in_graph(self) -> bool:
        """Whether an exported model can hold it; it can."""
        return True

    @property
    def resources(self) -> list[Any]:
        """Objects that an export must track beside its weights, such as tables; none."""
        return []

    def encode(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """Encode captions.

        Args:
            tokens: Tokens (N, n), as the encoder's tokenizer gives them.
            training: Whether dropout is on.

        Returns:
            `embedding` float32 (N, E); `attention` float32 (N, r, n), each row sums to 1; `mask`
            bool (N, n), false on padding.
        """
        raise TypeError(f"{type(self).__name__} must define `encode`.")

    @traced
    def embedded(self, tokens: tf.Tensor) -> tf.Tensor:
        """Embeddings float32 (N, E) of tokens (N, n), by a graph."""
        return self.encode(tokens)["embedding"]
