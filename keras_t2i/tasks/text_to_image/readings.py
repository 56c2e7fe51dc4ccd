"""Readings: what a generator takes of captions."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from keras_t2i.exporting.inputs import SHARES, Input, arrays, vectors
from keras_t2i.tasks.base.formula import signed_sum
from keras_t2i.text.sentence_encoder import SentenceEncoder
from keras_t2i.text.word_encoder import WordEncoder

Columns = Mapping[str, Any]  # tensors or arrays by name, a row for each caption


class Reading(ABC):
    """The contract of a reading.

    Attributes:
        names: Names of the columns that the generator takes, in the order of its arguments.
    """

    names: ClassVar[tuple[str, ...]]

    @abstractmethod
    def encode(self, encoder: SentenceEncoder, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Columns `names`, and the encoder's `attention` and `mask`; a graph function.

        Args:
            encoder: The sentence encoder.
            tokens: Tokens of captions, int64 (N, n).
        """

    @abstractmethod
    def between(self, first: Columns, last: Columns, share: tf.Tensor) -> dict[str, tf.Tensor]:
        """Columns between two captions; a graph function.

        Args:
            first: Columns of the captions at share 0, N rows.
            last: Columns of the captions at share 1, N rows.
            share: Shares of the last captions, float32 (N, 1) in [0, 1].
        """

    @abstractmethod
    def total(self, formula: Sequence[tuple[float, str]], terms: Columns) -> dict[str, np.ndarray]:
        """Columns of one row: the sum of captions, each with its sign.

        Args:
            formula: Terms with their signs; the first sign is +.
            terms: Columns of the terms.
        """

    @abstractmethod
    def inputs(self) -> dict[str, Input]:
        """Inputs of a signature for the columns `names`, in that order."""


class SentenceReading(Reading):
    """Embeddings of sentences, float32 (N, E).

    Args:
        embedding_dim: Width E of the embeddings.
    """

    names: ClassVar[tuple[str, ...]] = ("embedding",)

    def __init__(self, embedding_dim: int) -> None:
        self._embedding_dim = embedding_dim

    def encode(self, encoder: SentenceEncoder, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embeddings of captions."""
        return encoder.encode(tokens)

    def between(self, first: Columns, last: Columns, share: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embeddings on the line between two."""
        return {"embedding": (1.0 - share) * first["embedding"] + share * last["embedding"]}

    def total(self, formula: Sequence[tuple[float, str]], terms: Columns) -> dict[str, np.ndarray]:
        """The sum of embeddings."""
        return {"embedding": signed_sum(formula, terms["embedding"])[None]}

    def inputs(self) -> dict[str, Input]:
        """Embeddings."""
        return {"embedding": vectors(self._embedding_dim)}


class WordReading(SentenceReading):
    """Embeddings; states of words, float32 (N, n, W), and their weights, (N, n) in [0, 1].

    Words of two captions cannot be averaged: there is no word between "red" and "wings". Between
    two captions a picture looks at the words of both, each with its caption's share as weight; at
    shares 0 and 1 it is the picture of the one or the other. In a sum it looks at the words of the
    terms that are added; what is subtracted is taken from the sentence alone.

    Args:
        embedding_dim: Width E of the embeddings.
        state_dim: Width W of the words' states.
    """

    names: ClassVar[tuple[str, ...]] = ("embedding", "words", "word_weights")

    def __init__(self, embedding_dim: int, state_dim: int) -> None:
        super().__init__(embedding_dim)
        self._state_dim = state_dim

    def encode(self, encoder: SentenceEncoder, tokens: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embeddings and words of captions.

        Raises:
            TypeError: The encoder gives no words.
        """
        if not isinstance(encoder, WordEncoder):
            raise TypeError(f"{type(encoder).__name__} gives no states of words.")
        encoded = encoder.encode_words(tokens)
        return {**encoded, "word_weights": tf.cast(encoded["mask"], tf.float32)}

    def between(self, first: Columns, last: Columns, share: tf.Tensor) -> dict[str, tf.Tensor]:
        """Embeddings on the line between two, and the words of both."""
        weights = (1.0 - share) * first["word_weights"], share * last["word_weights"]
        return {
            **super().between(first, last, share),
            "words": tf.concat([first["words"], last["words"]], 1),
            "word_weights": tf.concat(weights, 1),
        }

    def total(self, formula: Sequence[tuple[float, str]], terms: Columns) -> dict[str, np.ndarray]:
        """The sum of embeddings, and the words of the terms that are added."""
        added = [row for row, (sign, _) in enumerate(formula) if sign > 0]
        joined = {
            name: np.concatenate(list(np.asarray(terms[name])[added]))[None]
            for name in ("words", "word_weights")
        }
        return {**super().total(formula, terms), **joined}

    def inputs(self) -> dict[str, Input]:
        """Embeddings, and any number of words of each caption."""
        return {
            **super().inputs(),
            "words": arrays(None, self._state_dim),
            "word_weights": Input(tf.float32, (None,), SHARES.rule),
        }
