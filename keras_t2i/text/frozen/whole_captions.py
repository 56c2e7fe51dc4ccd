"""Captions as one token each, for encoders that split them themselves."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from keras_t2i.text.tokenizer import END, PADDING, SPECIAL, START, UNKNOWN, Tokenizer


class WholeCaptions(Tokenizer):
    """Captions (N,) → strings (N, 1): the only token of a caption is itself, as it was written."""

    def __init__(self) -> None:
        super().__init__((PADDING, UNKNOWN, START, END), 3)

    @property
    def tables(self) -> list:
        """Tables that an export must track: none."""
        return []

    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """A number for each caption, (N, 1), beyond those of the special tokens."""
        number = tf.constant(SPECIAL, tf.int64)
        return tf.RaggedTensor.from_tensor(tf.fill((tf.size(captions), 1), number))

    def unknown(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """No words: a given encoder does not say which ones it knows."""
        none = tf.constant([], tf.string)
        return tf.RaggedTensor.from_row_lengths(none, tf.zeros_like(captions, tf.int64))

    def words(self, caption: str) -> list[str]:
        """The caption."""
        return [caption]

    def tokenize(self, captions: tf.Tensor) -> tf.Tensor:
        """Captions, strings (N,), to (N, 1); a graph function."""
        return captions[:, None]

    def spelled(self, tokens: tf.Tensor) -> tf.Tensor:
        """The captions again."""
        return tokens

    def __call__(self, captions: Sequence[str]) -> np.ndarray:
        """Captions as strings (N, 1)."""
        return np.array(captions, object)[:, None]
