"""A trained encoder with its tokenizer."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.networks.traced import traced
from keras_t2i.pipelines.errors import InputError
from keras_t2i.text.sentence_encoder import SentenceEncoder
from keras_t2i.text.tokenizer import Tokenizer
from keras_t2i.text.unknown_words import tell_of_unknown_words


@dataclass(frozen=True)
class CaptionEncoder:
    """Reads captions.

    Args:
        tokenizer: Tokenizer of captions.
        encoder: Encoder of tokens to embeddings.
    """

    tokenizer: Tokenizer
    encoder: SentenceEncoder

    def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """A user's captions, checked, as `read` gives them.

        Words that are not known, or beyond the encoder's length, are said on stderr.

        Raises:
            InputError: A caption that is empty or has no known word.
        """
        self.check(captions)
        self.tell(captions)
        return self.read(captions)

    def read(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """Captions → `embedding` float32 (N, E), `attention` (N, r, n), `mask` and `tokens` (N, n).

        Captions of a data set are taken as they are: one without a known word is one like that.
        """
        tokens = self.tokenizer(captions)
        encoded = self.encoded(tf.constant(tokens))
        return {**{k: np.asarray(v) for k, v in encoded.items()}, "tokens": tokens}

    @traced
    def encoded(self, tokens: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """Outputs of the encoder for tokens, integers (N, n)."""
        return self.encoder.encode(tokens)

    def check(self, captions: Sequence[str]) -> None:
        """Refuse captions that say nothing to the encoder."""
        known = self.tokenizer.knows(captions) if captions else ()
        for number, (caption, has_known) in enumerate(zip(captions, known, strict=True), 1):
            if not caption.strip():
                raise InputError(f"Caption {number} is empty; it must have at least one word.")
            if not has_known:
                examples = ", ".join(self.tokenizer.vocabulary[4:12])
                raise InputError(
                    f"Caption {number} has no word that the model knows: {caption[:80]!r}. It "
                    f"knows {len(self.tokenizer.vocabulary) - 4} words, such as {examples}."
                )

    def tell(self, captions: Sequence[str]) -> None:
        """Say on stderr which words of captions are not read."""
        different = list(dict.fromkeys(captions))
        unknown = self.tokenizer.unknown_words_of(different)
        tell_of_unknown_words(dict(zip(different, unknown, strict=True)))
        for caption in different:
            left_out = len(self.tokenizer.words(caption)) - (self.tokenizer.length - 2)
            if left_out > 0:
                print(f"too long, the last {left_out} words are not read", file=sys.stderr)
