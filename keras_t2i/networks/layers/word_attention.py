"""Attention from the places of a map to the words of a caption."""

from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall


class WordAttention(BuiltByCall, keras.Layer):
    """Adds to each place of a map what it looks for among the words.

        A = softmax_n(Q Kᵀ / √d + log w),   output = x + W_o (A V)
        Q = W_q x (S·S, d),   K = W_k H (n, d),   V = W_v H (n, d)

    Cross-attention (Vaswani et al. 2017, eq. 1) in the place where Xu et al. 2018 ("AttnGAN", eq.
    8) have theirs: they take one product of H for K and V, the map itself for Q, and put the result
    beside the map. W_o begins at 0: at first the map passes as it is. A word of weight w = 0 is
    padding and has no influence; weights between 0 and 1 let a picture look at two captions.

    Args:
        channels: Channels C of the map.
        units: Width d of queries, keys and values.
    """

    def __init__(self, channels: int, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._scale = units**-0.5
        self._query, self._key, self._value = (
            keras.layers.Dense(units, use_bias=False) for _ in range(3)
        )
        self._leave = keras.layers.Dense(channels, use_bias=False, kernel_initializer="zeros")

    def call(self, x: Any, words: Any, weights: Any) -> tuple[Any, Any]:
        """Attend.

        Args:
            x: Map, (N, S, S, C).
            words: States H of the words, float (N, n, W).
            weights: Weights w of the words, float (N, n) in [0, 1]; at least one of a row is not 0.

        Returns:
            Map (N, S, S, C), and A, float32 (N, S·S, n), whose rows sum to 1.
        """
        side, channels = x.shape[1], x.shape[3]
        places = ops.reshape(x, (-1, side * side, channels))
        keys = ops.transpose(self._key(words), (0, 2, 1))
        scores = ops.cast(ops.matmul(self._query(places), keys), "float32")
        attention = weighted_softmax(self._scale * scores, weights[:, None, :])
        value = self._value(words)
        heard = self._leave(ops.matmul(ops.cast(attention, value.dtype), value))
        return x + ops.reshape(ops.cast(heard, x.dtype), (-1, side, side, channels)), attention


def weighted_softmax(scores: Any, weights: Any) -> Any:
    """Softmax with weights, w exp(s) / Σ w exp(s) over the last axis: exactly 0 where w is 0.

    Args:
        scores: Scores s, float32 (…, n).
        weights: Weights w, at least 0 and not all 0, of a shape that broadcasts to the scores'.
    """
    there = weights > 0.0
    bias = ops.where(there, ops.log(ops.where(there, weights, 1.0)), -1e9)
    return ops.softmax(scores + ops.cast(bias, scores.dtype), axis=-1)
