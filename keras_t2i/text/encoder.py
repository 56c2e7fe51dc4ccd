"""Sentence encoders: captions' tokens to an embedding, trained to tell the species."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_t2i.networks.soft_margin import soft_margin
from keras_t2i.text.sentence_encoder import SentenceEncoder
from keras_t2i.text.tokenizer import SPECIAL
from keras_t2i.training.tracked_model import Holder
from keras_t2i.training.train_state import Objective, TrainState


class TextEncoder(SentenceEncoder):
    """Tokens → (embedding, attention, mask); the base of the encoders that are trained.

    An encoder gives `read`: from tokens to sentence features and the attention by which it weighted
    the words. The head is shared (No's thesis, eq. 11): e = FC_E(relu(FC_256(features))), and for
    training only p = softmax(FC_classes(e)).

    Args:
        vocabulary_size: Number of tokens, padding (0) included.
        length: Number n of tokens per caption.
        classes: Number of classes that training distinguishes.
        embedding_dim: Width E of the embedding.
        hidden_dim: Width of the head's hidden layer.
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        length: int,
        classes: int,
        embedding_dim: int = 128,
        hidden_dim: int = 256,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.length, self.vocabulary_size = length, vocabulary_size
        self.embedding_dim = embedding_dim
        self._hidden = keras.layers.Dense(hidden_dim, activation="relu")
        self._embedding = keras.layers.Dense(embedding_dim, dtype="float32")
        self._species = keras.layers.Dense(classes, dtype="float32")
        self._word_weight = 0.0
        self._recalled: keras.layers.Dense | None = None

    def read(self, tokens: Any, mask: Any, training: bool) -> tuple[Any, Any]:
        """Tokens (N, n), mask bool (N, n) → features (N, F), attention float32 (N, r, n)."""
        raise TypeError(f"{type(self).__name__} must define `read`.")

    def penalty(self, attention: Any) -> Any:
        """A term of the training loss on the attention (N, r, n); none by default."""
        return ops.zeros(())

    def encode(self, tokens: Any, training: bool = False) -> dict[str, Any]:
        """Encode captions.

        Args:
            tokens: Tokens, integers (N, n), 0 is padding.
            training: Whether dropout is on.

        Returns:
            `embedding` float32 (N, E); `attention` float32 (N, r, n), each row sums to 1; `mask`
            bool (N, n), false on padding.
        """
        mask = ops.not_equal(tokens, 0)
        return self.results(*self.read(tokens, mask, training), mask)

    def results(self, features: Any, attention: Any, mask: Any) -> dict[str, Any]:
        """The outputs of `encode`, of what `read` gives."""
        return {
            "embedding": self._embedding(self._hidden(features)),
            "attention": attention,
            "mask": mask,
        }

    def call(self, tokens: Any, training: bool = False) -> Any:
        """Class logits, float32 (N, classes)."""
        return self._species(self.encode(tokens, training)["embedding"])

    def recall_words(self, weight: float) -> None:
        """Let the embedding tell, in training, which words its caption was made of.

        Args:
            weight: Factor of the words' loss; 0 leaves it out.
        """
        if weight:
            self._word_weight = weight
            head = keras.layers.Dense(self.vocabulary_size, dtype="float32")
            head.build((None, self.embedding_dim))
            self._recalled = head

    def recall(self, embedding: Any, tokens: Any) -> dict[str, Any]:
        """The words' loss as a term of training, if there is one.

        The sum over the vocabulary of the binary cross-entropies of "this word is in the caption",
        whatever the order: Le and Mikolov 2014 ("Distributed Representations of Sentences and
        Documents", 2.3) learn embeddings of documents by their words alone (PV-DBOW).

        Args:
            embedding: Embeddings (N, E).
            tokens: Tokens of the captions, integers (N, n).
        """
        if self._recalled is None:
            return {}
        told = self._recalled(embedding)
        there = words_of(tokens, self.vocabulary_size)
        return {"words": self._word_weight * told.shape[-1] * soft_margin(told, there)}

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of `recall`'s terms."""
        return () if self._recalled is None else ("words",)

    def leave_out_species(self) -> None:
        """Train without the head that tells species: by another objective."""
        self._species.trainable = False

    def prepare(self, optimizer: keras.optimizers.Optimizer, **compile_options: Any) -> None:
        """Build the weights, and get ready for `fit` on batches of `tokens` and `label`."""
        self(ops.zeros((1, self.length), dtype="int32"))
        self.train_state = TrainState([self], optimizer)
        names = ("cross_entropy", "penalty", *self.term_names, "accuracy", "gradient_norm")
        self.ready(names, **compile_options)

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One step on cross-entropy and penalty; reports the accuracy too."""

        def objective() -> Objective:
            encoded = self.encode(data["tokens"], training=True)
            logits = self._species(encoded["embedding"])
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(data["label"], logits)
            terms = {
                "cross_entropy": tf.reduce_mean(entropy),
                "penalty": self.penalty(encoded["attention"]),
                **self.recall(encoded["embedding"], data["tokens"]),
            }
            return Objective(terms, {"accuracy": accuracy(logits, data["label"])})

        values, norm = self.train_state.minimize(objective)
        return self.track(values.terms | values.seen | {"gradient_norm": norm})

    def drawing_parts(self) -> dict[str, Any]:
        """All but the heads, which only training asks for."""
        heads = [self._species] if self._recalled is None else [self._species, self._recalled]
        left = [v for head in heads for v in head.variables] + [self.step, self.finished]
        kept = [v for v in self.variables if all(v is not other for other in left)]
        return {"text": Holder(kept)}

    def trained_parts(self) -> dict[str, Any]:
        """Weights, optimizer, step."""
        return {"model": self, "optimizer": self.train_state.optimizer}


def words_of(tokens: tf.Tensor, vocabulary_size: int) -> tf.Tensor:
    """Words in captions as a mask float32 (N, V): of tokens (N, n), without frame and padding."""
    there = tf.reduce_max(tf.one_hot(tokens, vocabulary_size), axis=1)
    return tf.concat([tf.zeros_like(there[:, :SPECIAL]), there[:, SPECIAL:]], axis=1)


def accuracy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The share of rows whose largest logit is the label's."""
    found = tf.equal(tf.argmax(logits, axis=-1, output_type=labels.dtype), labels)
    return tf.reduce_mean(tf.cast(found, tf.float32))
