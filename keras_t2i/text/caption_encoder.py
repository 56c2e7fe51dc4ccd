"""A trained encoder with its tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_t2i.pipelines.errors import InputError
from keras_t2i.text.encoder import TextEncoder
from keras_t2i.text.tokenizer import Tokenizer


@dataclass(frozen=True)
class CaptionEncoder:
    """Reads captions.

    Args:
        tokenizer: Tokenizer of captions.
        encoder: Encoder of tokens to embeddings.
    """

    tokenizer: Tokenizer
    encoder: TextEncoder

    def encode(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """A user's captions, checked, as `read` gives them.

        Raises:
            InputError: A caption that is empty or has no known word.
        """
        self.check(captions)
        return self.read(captions)

    def read(self, captions: Sequence[str]) -> dict[str, np.ndarray]:
        """Captions → `embedding` float32 (N, E), `attention` (N, r, n), `mask` and `tokens` (N, n).

        Captions of a data set are taken as they are: one without a known word is one like that.
        """
        tokens = self.tokenizer(captions)
        encoded = self.encoder.encode(tf.constant(tokens))
        return {**{k: np.asarray(v) for k, v in encoded.items()}, "tokens": tokens}

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
