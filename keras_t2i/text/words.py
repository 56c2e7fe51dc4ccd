"""Lower-case words as tokens."""

import sys
from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.text.normalization import normalize
from keras_t2i.text.segmentation import is_spaced, spaced
from keras_t2i.text.tokenizer import END, PADDING, START, UNKNOWN, Tokenizer, read_vocabulary

# RE2: whatever is neither a letter (with its marks) nor a digit separates words.
_SEPARATORS = r"[^\pL\pM\pN]+"
# Pictograms, such as emoji, are no words here, but a user who writes one means something by it.
_PICTOGRAM = r"(\p{So})\pM*"
_SEPARATORS_OF_PICTOGRAMS = r"[^\pL\pM\pN\p{So}]+"


class WordTokenizer(Tokenizer):
    """One token a word, on Keras's `StringLookup`; core TensorFlow operations only.

    In scripts without spaces (`segmentation`) a word is one character.

    Args:
        vocabulary: Tokens by number: padding, unknown, then the words.
        length: Number of tokens per caption, `<start>` and `<end>` included.
    """

    def __init__(self, vocabulary: Sequence[str], length: int) -> None:
        super().__init__(vocabulary, length)
        self.lookup = keras.layers.StringLookup(
            vocabulary=list(self.vocabulary[2:]), mask_token=PADDING, oov_token=UNKNOWN
        )
        self.lookup.build(())
        self._spaced = is_spaced(self.vocabulary)

    @classmethod
    def learn(cls, captions: Sequence[str], length: int, limit: int = 0) -> "WordTokenizer":
        """The vocabulary of the captions, most frequent word first.

        How many words a limit leaves out is said on stderr.

        Args:
            captions: Texts to learn from.
            length: Number of tokens per caption.
            limit: Number of tokens at most, `<start>` and `<end>` included; 0 is without limit.

        Raises:
            InputError: A limit with no room for a word.
        """
        if limit in (1, 2):
            raise InputError(
                "The limit of a vocabulary must be 0 (none) or at least 3: <start>, <end> and a "
                f"word. Received: limit={limit}."
            )
        words = split_words(spaced(tf.constant(normalize(captions)))).flat_values
        lookup = keras.layers.StringLookup(mask_token=PADDING, oov_token=UNKNOWN)
        lookup.adapt(words)
        learned = [str(word) for word in lookup.get_vocabulary()[2:]]
        kept = learned[: limit - 2] if limit else learned
        tokenizer = cls([PADDING, UNKNOWN, START, END, *kept], length)
        if len(kept) < len(learned):
            unknown = float(tf.reduce_mean(tf.cast(tokenizer.lookup(words) == 1, tf.float64)))
            print(
                f"The vocabulary has the {len(kept):,} most frequent words of the captions; the "
                f"other {len(learned) - len(kept):,} words, {unknown:.2%} of all that is written, "
                "are unknown.",
                file=sys.stderr,
            )
        return tokenizer

    @classmethod
    def load(cls, directory: Path, length: int) -> "WordTokenizer":
        """The tokenizer of a run folder."""
        return cls(read_vocabulary(directory), length)

    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Word numbers of each caption; a graph function of core operations."""
        words = self._split(captions)
        return words.with_flat_values(self.lookup(words.flat_values))

    def unknown(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """The words of each caption that have no number; a graph function of core operations.

        Pictograms are among them: no vocabulary has any.
        """
        apart = tf.strings.regex_replace(captions, _PICTOGRAM, r" \1 ")
        words = self._split(apart, _SEPARATORS_OF_PICTOGRAMS)
        lacking = self.lookup(words.flat_values) == self.vocabulary.index(UNKNOWN)
        return tf.ragged.boolean_mask(words, words.with_flat_values(lacking))

    def words(self, caption: str) -> list[str]:
        """The words of a normalised caption."""
        return [word.decode() for word in self._split(tf.constant([caption]))[0].numpy()]

    def _split(self, captions: tf.Tensor, separators: str = _SEPARATORS) -> tf.RaggedTensor:
        return split_words(spaced(captions) if self._spaced else captions, separators)


def split_words(captions: tf.Tensor, separators: str = _SEPARATORS) -> tf.RaggedTensor:
    """Lower-case words of captions (N,), without what stands between them (a pattern of RE2)."""
    lower = tf.strings.lower(captions, encoding="utf-8")
    return tf.strings.split(tf.strings.regex_replace(lower, separators, " "))
