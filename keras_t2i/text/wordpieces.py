"""Word pieces, for open vocabularies and for languages such as Korean."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text
from tensorflow_text.tools.wordpiece_vocab import bert_vocab_from_dataset

from keras_t2i.text.normalization import normalize
from keras_t2i.text.segmentation import is_spaced, spaced, stand_alone
from keras_t2i.text.tokenizer import END, PADDING, START, UNKNOWN, Tokenizer, read_vocabulary

# BERT's own lower-casing decomposes Hangul into letters; captions come here folded already.
_SPLITTING = {"lower_case": False}


class WordPieceTokenizer(Tokenizer):
    """Pieces of words learned from the captions (tensorflow-text's BERT tokenizer).

    A word that the vocabulary lacks is spelled in smaller pieces. In scripts without spaces
    (`segmentation`) a word is one character. An export of it needs tensorflow-text's operations in
    the server.

    Args:
        vocabulary: Tokens by number: padding, unknown, the frame, then the pieces; `##` marks a
            continuation.
        length: Number of tokens per caption, `<start>` and `<end>` included.
    """

    def __init__(self, vocabulary: Sequence[str], length: int) -> None:
        super().__init__(vocabulary, length)
        keys = tf.constant(list(self.vocabulary))
        table = tf.lookup.KeyValueTensorInitializer(keys, tf.range(len(vocabulary), dtype=tf.int64))
        self.lookup = tf.lookup.StaticVocabularyTable(table, num_oov_buckets=1)
        self._tokenizer = tf_text.BertTokenizer(
            self.lookup, unknown_token=UNKNOWN, token_out_type=tf.int64, **_SPLITTING
        )
        self._spaced = is_spaced(self.vocabulary)

    @classmethod
    def learn(cls, captions: Sequence[str], length: int, size: int) -> "WordPieceTokenizer":
        """About `size` pieces learned from the captions."""
        texts = spaced(tf.constant(normalize(captions)))
        dataset = tf.data.Dataset.from_tensor_slices(texts).batch(1000)
        vocabulary = bert_vocab_from_dataset.bert_vocab_from_dataset(
            dataset,
            vocab_size=size,
            reserved_tokens=[PADDING, UNKNOWN, START, END],
            bert_tokenizer_params=_SPLITTING,
        )
        # Every letter is learned as a continuation too, which no spaced caption has.
        kept = stand_alone(vocabulary)
        return cls([piece for piece, whole in zip(vocabulary, kept, strict=True) if whole], length)

    @classmethod
    def load(cls, directory: Path, length: int) -> "WordPieceTokenizer":
        """The tokenizer of a run folder."""
        return cls(read_vocabulary(directory), length)

    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Piece numbers of each caption; needs tensorflow-text's operations."""
        return self._tokenizer.tokenize(self._apart(captions)).merge_dims(1, 2)

    def unknown(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """The words of each caption that no pieces spell; needs tensorflow-text's operations.

        Punctuation is not counted among them.
        """
        apart, number = self._apart(captions), self.vocabulary.index(UNKNOWN)
        found = self._tokenizer.tokenize_with_offsets(apart)
        pieces, starts, ends = (values.merge_dims(1, 2) for values in found)
        starts, ends = (tf.ragged.boolean_mask(at, pieces == number) for at in (starts, ends))
        first, last = starts.flat_values, ends.flat_values
        texts = tf.gather(apart, starts.value_rowids())
        words = starts.with_flat_values(tf.strings.substr(texts, first, last - first))
        spoken = tf.strings.regex_full_match(words.flat_values, r".*[\pL\pN].*")
        return tf.ragged.boolean_mask(words, words.with_flat_values(spoken))

    def words(self, caption: str) -> list[str]:
        """The pieces of a normalised caption as text."""
        pieces = self.pieces(tf.constant([caption]))[0].numpy()
        return [self.vocabulary[i] for i in pieces]

    def _apart(self, captions: tf.Tensor) -> tf.Tensor:
        return spaced(captions) if self._spaced else captions
