"""Structured self-attention over words."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("keras_t2i")
class StructuredSelfAttention(keras.layers.Layer):
    """Several weightings of a sentence's words, and the sentence matrix that they give.

        A = softmax_n(W_s2 tanh(W_s1 Hᵀ)),   M = A H

    Lin et al. 2017, "A Structured Self-attentive Sentence Embedding", eq. 5–7; eq. 8–10 of No's
    thesis. Padding receives no weight.

    Args:
        heads: Number r of weightings.
        units: Hidden width d_a.
    """

    def __init__(self, heads: int = 4, units: int = 350, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.heads, self.units = heads, units
        self.supports_masking = True
        self._hidden = keras.layers.Dense(
            units, activation="tanh", use_bias=False, dtype=self.dtype_policy
        )
        self._scores = keras.layers.Dense(heads, use_bias=False, dtype=self.dtype_policy)

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the weights for states of shape (N, n, 2u)."""
        self._hidden.build(shape)
        self._scores.build((*shape[:-1], self.units))

    def call(self, states: Any, mask: Any) -> tuple[Any, Any]:
        """States (N, n, 2u), mask bool (N, n) → M (N, r, 2u), A float32 (N, r, n)."""
        scores = ops.cast(ops.transpose(self._scores(self._hidden(states)), (0, 2, 1)), "float32")
        attention = masked_softmax(scores, mask[:, None, :])
        return ops.matmul(ops.cast(attention, states.dtype), states), attention

    def get_config(self) -> dict[str, Any]:
        """JSON values."""
        return {**super().get_config(), "heads": self.heads, "units": self.units}


def masked_softmax(scores: Any, mask: Any) -> Any:
    """Softmax over the last axis of float32 scores, 0 where the mask is off."""
    weights = ops.softmax(ops.where(mask, scores, -1e9), axis=-1)
    return ops.where(mask, weights, 0.0)


def attention_penalty(attention: Any) -> Any:
    """‖A Aᵀ − I‖²_F, the mean over the batch (Lin et al. 2017, eq. 8): heads look elsewhere.

    Args:
        attention: Attention, float32 (N, r, n).

    Returns:
        A float32 scalar, at least 0.
    """
    gram = ops.matmul(attention, ops.transpose(attention, (0, 2, 1)))
    return ops.mean(ops.sum(ops.square(gram - ops.eye(gram.shape[-1])), axis=(1, 2)))
