"""Letters as tokens, and the encoder that reads them (Reed et al. 2016, CVPR)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.text.encoder import TextEncoder
from keras_t2i.text.tokenizer import END, PADDING, START, UNKNOWN, Tokenizer, read_vocabulary

ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-,;.!?:'\"/\\|_@#$%^&*~`+=<>()[]{} "


class CharacterTokenizer(Tokenizer):
    """One token a character of a fixed alphabet; core TensorFlow operations only.

    Args:
        vocabulary: Tokens by number: padding, unknown, the frame, then the characters.
        length: Number of tokens per caption, `<start>` and `<end>` included.
    """

    def __init__(self, vocabulary: Sequence[str], length: int) -> None:
        super().__init__(vocabulary, length)
        self.lookup = keras.layers.StringLookup(
            vocabulary=list(self.vocabulary[2:]), mask_token=PADDING, oov_token=UNKNOWN
        )
        self.lookup.build(())

    @classmethod
    def learn(cls, captions: Sequence[str], length: int) -> "CharacterTokenizer":
        """The alphabet; the captions do not matter."""
        return cls([PADDING, UNKNOWN, START, END, *ALPHABET], length)

    @classmethod
    def load(cls, directory: Path, length: int) -> "CharacterTokenizer":
        """The tokenizer of a run folder."""
        return cls(read_vocabulary(directory), length)

    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Character numbers of each caption; a graph function of core operations."""
        letters = _letters(captions)
        return letters.with_flat_values(self.lookup(letters.flat_values))

    def unknown(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """The characters of each caption that the alphabet lacks; core operations only."""
        letters = _letters(captions)
        lacking = self.lookup(letters.flat_values) == self.vocabulary.index(UNKNOWN)
        return tf.ragged.boolean_mask(letters, letters.with_flat_values(lacking))

    def words(self, caption: str) -> list[str]:
        """The characters of a normalised caption."""
        return list(caption.lower())


def _letters(captions: tf.Tensor) -> tf.RaggedTensor:
    lower = tf.strings.lower(captions, encoding="utf-8")
    return tf.strings.unicode_split(lower, "UTF-8", errors="ignore")


class CharacterEncoder(TextEncoder):
    """char-CNN-RNN: three convolutions over letters, a recurrent layer, the mean of its states.

    As the authors' published networks: widths 384, 512, 512 with kernels of 4, ReLU, pooling by 3
    after the first two; a plain recurrent layer with ReLU. Theirs pools a third time, by half, does
    not pad, and has no hidden layer before the embedding. Its "attention" is what it really uses,
    the same weight for each letter.

    Args:
        widths: Channels of the convolutions.
        **kwargs: See `TextEncoder`.
    """

    def __init__(self, *, widths: Sequence[int] = (384, 512, 512), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._convolutions = [
            keras.layers.Conv1D(width, 4, padding="same", activation="relu") for width in widths
        ]
        self._states = keras.layers.SimpleRNN(
            widths[-1],
            activation="relu",
            recurrent_initializer=keras.initializers.Identity(0.5),
            return_sequences=True,
        )

    def read(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any]:
        """The mean state (N, widths[-1]) and uniform attention (N, 1, n)."""
        held = ops.cast(mask, self.compute_dtype)
        x = ops.one_hot(tokens, self.vocabulary_size, dtype=self.compute_dtype) * held[..., None]
        for convolution in self._convolutions:
            x = convolution(x) * held[..., None]
            if convolution is not self._convolutions[-1]:
                x, held = _pooled(x), _pooled(held[..., None])[..., 0]
        states = self._states(x, mask=held > 0, training=training)
        weights = ops.cast(held, "float32")
        weights = weights / ops.maximum(ops.sum(weights, axis=1, keepdims=True), 1.0)
        mean = ops.einsum("nt,ntc->nc", ops.cast(weights, states.dtype), states)
        letters = ops.cast(mask, "float32")
        share = letters / ops.maximum(ops.sum(letters, axis=1, keepdims=True), 1.0)
        return mean, share[:, None, :]


def _pooled(x: Any) -> Any:
    """The largest of every three neighbours from the left, (N, n, C) → (N, ⌈n / 3⌉, C)."""
    padded = ops.pad(x, ((0, 0), (0, -x.shape[1] % 3), (0, 0)))  # values are not negative
    return ops.max_pool(padded, 3, 3)
