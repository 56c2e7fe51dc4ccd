"""The Transformer encoder."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_t2i.networks.layers.structured_attention import masked_softmax
from keras_t2i.text.word_encoder import WordEncoder


class TransformerEncoder(WordEncoder):
    """Self-attention over words with sinusoidal positions (No's thesis, II; Vaswani et al. 2017).

    The sentence is the state of its first token, `<start>`, after the last layer; the attention
    returned is that token's over the words, a row for each head.

    Args:
        width: Width of the states (512 for Q, K and V in No's thesis).
        heads: Number of attention heads.
        layers: Number of blocks.
        feed_forward: Hidden width of a block's feed-forward part.
        dropout: Share of values dropped in training, in [0, 1).
        **kwargs: See `TextEncoder`.
    """

    def __init__(
        self,
        *,
        width: int = 512,
        heads: int = 8,
        layers: int = 2,
        feed_forward: int = 1024,
        dropout: float = 0.1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._width = width
        self._words = keras.layers.Embedding(self.vocabulary_size, width)
        self._positions = sinusoids(self.length, width)
        self._dropout = keras.layers.Dropout(dropout)
        self._blocks = [
            TransformerBlock(width, heads, feed_forward, dropout) for _ in range(layers)
        ]
        self._norm = keras.layers.LayerNormalization()

    def read_words(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any, Any]:
        """The states (N, n, width), that of `<start>` (N, width), its attention (N, heads, n)."""
        states = self._words(tokens) * self._width**0.5
        states = states + ops.cast(self._positions, states.dtype)
        states = self._dropout(states, training=training)
        for block in self._blocks:
            states, attention = block(states, mask, training=training)
        states = self._norm(states)
        return states, states[:, 0], attention[:, :, 0]


class TransformerBlock(keras.layers.Layer):
    """Pre-norm multi-head self-attention and feed-forward part (GELU), each with a residual.

    Args:
        width: Width of the states, a multiple of `heads`.
        heads: Number of attention heads.
        feed_forward: Hidden width of the feed-forward part.
        dropout: Share of values dropped in training.
    """

    def __init__(
        self, width: int, heads: int, feed_forward: int, dropout: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._heads = heads
        self._norm, self._second_norm = (keras.layers.LayerNormalization() for _ in range(2))
        self._project = keras.layers.Dense(3 * width)
        self._join = keras.layers.Dense(width)
        self._widen = keras.layers.Dense(feed_forward, activation="gelu")
        self._narrow = keras.layers.Dense(width)
        self._dropout = keras.layers.Dropout(dropout)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for states of shape (N, n, width)."""
        for layer in (self._norm, self._second_norm, self._project, self._join, self._widen):
            layer.build(shape)
        self._narrow.build((*shape[:-1], self._widen.units))

    def call(self, states: Any, mask: Any, training: bool = False) -> tuple[Any, Any]:
        """States (N, n, width) → states, attention float32 (N, heads, n, n)."""
        _, length, width = states.shape
        projected = self._project(self._norm(states))
        projected = ops.reshape(projected, (-1, length, 3, self._heads, width // self._heads))
        queries, keys, values = ops.unstack(ops.transpose(projected, (2, 0, 3, 1, 4)), 3)
        scores = ops.matmul(queries, ops.transpose(keys, (0, 1, 3, 2)))
        scores = ops.cast(scores, "float32") / (width // self._heads) ** 0.5
        attention = masked_softmax(scores, mask[:, None, None, :])
        heard = ops.matmul(ops.cast(attention, values.dtype), values)
        heard = ops.reshape(ops.transpose(heard, (0, 2, 1, 3)), (-1, length, width))
        states = states + self._dropout(self._join(heard), training=training)
        fed = self._narrow(self._widen(self._second_norm(states)))
        return states + self._dropout(fed, training=training), attention


def sinusoids(length: int, width: int) -> np.ndarray:
    """Positions as sines and cosines, float32 (length, width) (Vaswani et al. 2017, 3.5)."""
    frequencies = 10000.0 ** (-np.arange(0, width, 2) / width)
    angles = np.arange(length)[:, None] * frequencies
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, width).astype("float32")
