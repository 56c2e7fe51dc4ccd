"""Perceptrons: networks without convolutions."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_t2i.networks.layers.built_by_call import BuiltByCall


def perceptron(
    inputs: int, widths: Sequence[int], outputs: int, activation: str = "relu", name: str = ""
) -> keras.Model:
    """A multilayer perceptron (Goodfellow et al. 2014, section 3).

    Args:
        inputs: Width of the input.
        widths: Widths of the hidden layers.
        outputs: Width of the output, which is linear.
        activation: Activation of the hidden layers.
        name: Name of the model.
    """
    layers = [
        keras.layers.Dense(width, activation, kernel_initializer=keras.initializers.Orthogonal())
        for width in widths
    ]
    last = keras.layers.Dense(outputs, kernel_initializer=keras.initializers.Orthogonal())
    return keras.Sequential([keras.Input((inputs,)), *layers, last], name=name or None)


def picture_perceptron(inputs: int, widths: Sequence[int], side: int, name: str) -> keras.Model:
    """Noise (N, inputs) to pictures float32 (N, side, side, 3) in [−1, 1] by dense layers.

    Args:
        inputs: Width of the noise.
        widths: Widths of the hidden layers.
        side: Side of the pictures, in pixels.
        name: Name of the model.
    """
    trunk = perceptron(inputs, widths, side * side * 3)
    x = keras.Input((inputs,))
    flat = keras.layers.Activation("tanh", dtype="float32")(trunk(x))
    return keras.Model(x, keras.layers.Reshape((side, side, 3))(flat), name=name)


class MaxoutCritic(BuiltByCall, keras.Model):
    """Pictures to logits by maxout layers with dropout (Goodfellow et al. 2013, eq. 1).

    Args:
        widths: Widths of the layers.
        pieces: Number of linear pieces of each unit, of which the largest counts.
        dropout: Share of the inputs of each layer that is left out in training.
    """

    def __init__(self, widths: Sequence[int], pieces: int, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pieces = pieces
        self._layers_of_pieces = [keras.layers.Dense(width * pieces) for width in widths]
        self._drops = [keras.layers.Dropout(dropout) for _ in widths]
        self._score = keras.layers.Dense(1, dtype="float32")

    def call(self, images: Any, training: bool = False) -> Any:
        """Images (N, S, S, 3) → float32 logits (N,)."""
        x = ops.reshape(images, (-1, math.prod(images.shape[1:])))
        for layer, drop in zip(self._layers_of_pieces, self._drops, strict=True):
            pieces = layer(drop(x, training=training))
            x = ops.max(ops.reshape(pieces, (-1, pieces.shape[-1] // self.pieces, self.pieces)), -1)
        return self._score(x)[:, 0]
