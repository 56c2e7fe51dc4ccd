"""Word pieces, for open vocabularies and for languages such as Korean."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text
from tensorflow_text.tools.wordpiece_vocab import bert_vocab_from_dataset

from keras_t2i.text.normalization import normalize
from keras_t2i.text.tokenizer import END, PADDING, START, UNKNOWN, Tokenizer, read_vocabulary

# BERT's own lower-casing decomposes Hangul into letters; captions come here folded already.
_SPLITTING = {"lower_case": False}


class WordPieceTokenizer(Tokenizer):
    """Pieces of words learned from the captions (tensorflow-text's BERT tokenizer).

    A word that the vocabulary lacks is spelled in smaller pieces. An export of it needs
    tensorflow-text's operations in the server.

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

    @classmethod
    def learn(cls, captions: Sequence[str], length: int, size: int) -> "WordPieceTokenizer":
        """About `size` pieces learned from the captions."""
        dataset = tf.data.Dataset.from_tensor_slices(normalize(captions)).batch(1000)
        vocabulary = bert_vocab_from_dataset.bert_vocab_from_dataset(
            dataset,
            vocab_size=size,
            reserved_tokens=[PADDING, UNKNOWN, START, END],
            bert_tokenizer_params=_SPLITTING,
        )
        return cls(vocabulary, length)

    @classmethod
    def load(cls, directory: Path, length: int) -> "WordPieceTokenizer":
        """The tokenizer of a run folder."""
        return cls(read_vocabulary(directory), length)

    def pieces(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Piece numbers of each caption; needs tensorflow-text's operations."""
        return self._tokenizer.tokenize(captions).merge_dims(1, 2)

    def words(self, caption: str) -> list[str]:
        """The pieces of a normalised caption as text."""
        pieces = self.pieces(tf.constant([caption]))[0].numpy()
        return [self.vocabulary[i] for i in pieces]
