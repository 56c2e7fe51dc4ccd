"""Tokenizers, from captions to rows of token numbers: their common base."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import read_checked, write_checked
from keras_t2i.text.normalization import normalize

PADDING, UNKNOWN, START, END = "", "[UNK]", "<start>", "<end>"
SPECIAL = 4  # these four come first in every vocabulary


class Tokenizer(ABC):
    """Captions (N,) → int64 tokens (N, length), framed by `<start>` and `<end>`, padded with 0.

    Longer captions are cut, keeping `<end>`.

    Args:
        vocabulary: The tokens by number: padding, unknown, then the rest.
        length: Number of tokens per caption, frame included, at least 3.
    """

    file_name: ClassVar[str] = "vocabulary.txt"
    lookup: Any  # the table that its graph uses, for exports to track

    def __init__(self, vocabulary: Sequence[str], length: int) -> None:
        if length < 3:
            raise InputError(f"A caption needs at least 3 tokens. Received: length={length}.")
        self.vocabulary, self.length = tuple(vocabulary), length

    @property
    def tables(self) -> list[Any]:
        """Tables that an export must track."""
        return [self.lookup]

    @abstractmethod
    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Token numbers of each caption (N, …), without frame and padding; a graph function."""

    @abstractmethod
    def unknown(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """The words of each normalised caption that the vocabulary lacks; a graph function."""

    @abstractmethod
    def words(self, caption: str) -> list[str]:
        """The pieces of a normalised caption as text."""

    def tokenize(self, captions: tf.Tensor) -> tf.Tensor:
        """Normalised captions, strings (N,), to int64 (N, length); a graph function."""
        pieces = self.pieces(captions)[:, : self.length - 2]
        rows = pieces.nrows()
        start = tf.fill((rows, 1), tf.constant(self.vocabulary.index(START), tf.int64))
        end = tf.fill((rows, 1), tf.constant(self.vocabulary.index(END), tf.int64))
        framed = tf.concat([start, pieces, end], axis=1)
        return framed.to_tensor(shape=(None, self.length))

    def spelled(self, tokens: tf.Tensor) -> tf.Tensor:
        """Tokens int64 (N, n) as texts; a graph function."""
        return tf.gather(tf.constant(self.vocabulary), tokens)

    def __call__(self, captions: Sequence[str]) -> np.ndarray:
        """Normalise and tokenise: int64 (N, length)."""
        return self.tokenize(tf.constant(normalize(captions))).numpy()

    def known(self, captions: tf.Tensor) -> tf.Tensor:
        """Whether any token that is read of normalised captions is known, bool (N,); in a graph."""
        pieces = self.pieces(captions)[:, : self.length - 2]
        return tf.reduce_any(pieces > self.vocabulary.index(UNKNOWN), axis=1)

    def knows(self, captions: Sequence[str]) -> np.ndarray:
        """Whether the vocabulary holds any token of each caption, bool (N,)."""
        return self.known(tf.constant(normalize(captions))).numpy()

    def count_cut(self, captions: Sequence[str]) -> int:
        """Number of captions that have more tokens than are read."""
        lengths = self.pieces(tf.constant(normalize(captions))).row_lengths()
        return int(tf.math.count_nonzero(lengths > self.length - 2))

    def unknown_words(self, caption: str) -> list[str]:
        """The words of a caption that the vocabulary lacks."""
        return self.unknown_words_of([caption])[0]

    def unknown_words_of(self, captions: Sequence[str]) -> list[list[str]]:
        """The words of each caption, at least one, that the vocabulary lacks."""
        rows = self.unknown(tf.constant(normalize(captions))).to_list()
        return [[word.decode() for word in row] for row in rows]

    def unknown_among(self, captions: Sequence[str], most: int = 100) -> list[str]:
        """Words that the vocabulary lacks, sorted: of at most `most` captions that have some."""
        unknown = self.vocabulary.index(UNKNOWN)
        pieces = self.pieces(tf.constant(normalize(captions)))
        rows = np.flatnonzero(tf.reduce_any(pieces == unknown, axis=1).numpy())[:most]
        if not rows.size:
            return []
        unknown_words = self.unknown_words_of([captions[row] for row in rows])
        return sorted({word for words in unknown_words for word in words})

    def save(self, directory: Path) -> None:
        """Write the vocabulary, one token in each line."""
        write_checked(directory / self.file_name, "\n".join(self.vocabulary) + "\n")


def is_whole(directory: Path) -> bool:
    """Whether a folder has a vocabulary, and it is what was written."""
    try:
        return bool(read_vocabulary(directory))
    except InputError:
        return False


def read_vocabulary(directory: Path) -> list[str]:
    """The vocabulary that `Tokenizer.save` wrote.

    Raises:
        InputError: A vocabulary that cannot be read, or is not what was written.
    """
    path = directory / Tokenizer.file_name
    words = read_checked(path).split("\n")[:-1]
    if words[:SPECIAL] != [PADDING, UNKNOWN, START, END] or len(words) == SPECIAL:
        raise InputError(f"{path}: no vocabulary of a run; it must begin with its special tokens.")
    return words
