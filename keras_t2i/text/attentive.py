"""The encoder of No's thesis."""

from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.structured_attention import (
    StructuredSelfAttention,
    attention_penalty,
)
from keras_t2i.text.word_encoder import WordEncoder


class AttentiveEncoder(WordEncoder):
    """Bidirectional LSTM and structured self-attention (No's thesis, III.A, eq. 5–11).

    Examples:
        >>> encoder = AttentiveEncoder(vocabulary_size=1029, length=24, classes=200)
        >>> encoder.encode(tokens)["embedding"].shape
        (N, 128)

    Args:
        word_dim: Width of a word embedding.
        units: Number u of LSTM units per direction.
        heads: Number r of attention heads.
        attention_units: Hidden width d_a of the attention.
        penalty_weight: Factor β of ‖A Aᵀ − I‖²_F.
        **kwargs: See `TextEncoder`.
    """

    def __init__(
        self,
        *,
        word_dim: int = 512,
        units: int = 512,
        heads: int = 4,
        attention_units: int = 350,
        penalty_weight: float = 1e-2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.penalty_weight = penalty_weight
        self._words = keras.layers.Embedding(self.vocabulary_size, word_dim)
        self._states = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))
        self._attention = StructuredSelfAttention(heads, attention_units)

    def read_words(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any, Any]:
        """H (N, n, 2u), the sentence matrix M, flattened (N, r · 2u), and A (N, r, n)."""
        states = self._states(self._words(tokens), mask=mask, training=training)
        matrix, attention = self._attention(states, mask)
        return states, ops.reshape(matrix, (-1, matrix.shape[1] * matrix.shape[2])), attention

    def penalty(self, attention: Any) -> Any:
        """β ‖A Aᵀ − I‖²_F."""
        return self.penalty_weight * attention_penalty(attention)
