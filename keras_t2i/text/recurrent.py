"""The encoder without attention."""

from typing import Any

import keras
from keras import ops

from keras_t2i.text.word_encoder import WordEncoder


class RecurrentEncoder(WordEncoder):
    """Bidirectional LSTM whose states are averaged: what self-attention is measured against.

    Its "attention" is what it really uses, the same weight for each word.

    Args:
        word_dim: Width of a word embedding.
        units: Number of LSTM units per direction.
        **kwargs: See `TextEncoder`.
    """

    def __init__(self, *, word_dim: int = 512, units: int = 512, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._words = keras.layers.Embedding(self.vocabulary_size, word_dim)
        self._states = keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))

    def read_words(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any, Any]:
        """The states (N, n, 2u), their mean (N, 2u) and uniform attention (N, 1, n)."""
        states = self._states(self._words(tokens), mask=mask, training=training)
        weights = ops.cast(mask, "float32")
        weights = weights / ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1.0)
        attention = weights[:, None, :]
        mean = ops.matmul(ops.cast(attention, states.dtype), states)
        return states, mean[:, 0], attention
