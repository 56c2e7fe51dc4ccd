"""Sentence encoders that also give a state of each word."""

from typing import Any

import tensorflow as tf
from keras import ops

from keras_t2i.networks.traced import traced
from keras_t2i.text.encoder import TextEncoder


class WordEncoder(TextEncoder):
    """A `TextEncoder` that can tell a generator what it has read word by word.

    An encoder gives `read_words` in the place of `read`.
    """

    def read_words(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any, Any]:
        """Read the states H of the words, and what `read` returns.

        Args:
            tokens: Tokens, integers (N, n).
            mask: Places of words, bool (N, n); the others are padding.
            training: Whether dropout is on.

        Returns:
            States (N, n, W), of any value on padding; features (N, F); attention float32 (N, r, n).
        """
        raise TypeError(f"{type(self).__name__} must define `read_words`.")

    def read(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any]:
        """Tokens (N, n), mask bool (N, n) → features (N, F), attention float32 (N, r, n)."""
        _, features, attention = self.read_words(tokens, mask, training)
        return features, attention

    def encode_words(self, tokens: Any) -> dict[str, Any]:
        """Encode captions as `encode` does, and give the states of the words.

        Args:
            tokens: Tokens, integers (N, n), 0 is padding.

        Returns:
            The values of `encode`, and `words` float32 (N, n, W), 0 on padding.
        """
        mask = ops.not_equal(tokens, 0)
        states, features, attention = self.read_words(tokens, mask, training=False)
        return {
            **self.results(features, attention, mask),
            "words": ops.where(mask[..., None], ops.cast(states, "float32"), 0.0),
        }

    @traced
    def word_states(self, tokens: tf.Tensor) -> tf.Tensor:
        """States of words float32 (N, n, W) of tokens int64 (N, n), by a graph."""
        return self.encode_words(tokens)["words"]
