"""Networks without convolutions, for points."""

from collections.abc import Sequence

import keras


def perceptron(
    inputs: int, widths: Sequence[int], outputs: int, activation: str = "relu", name: str = ""
) -> keras.Model:
    """A multilayer perceptron (Goodfellow et al. 2014, section 3).

    Args:
        inputs: Width of the input.
        widths: Of the hidden layers.
        outputs: Width of the output, which is linear.
        activation: Of the hidden layers.
        name: Of the model.
    """
    layers = [
        keras.layers.Dense(width, activation, kernel_initializer=keras.initializers.Orthogonal())
        for width in widths
    ]
    last = keras.layers.Dense(outputs, kernel_initializer=keras.initializers.Orthogonal())
    return keras.Sequential([keras.Input((inputs,)), *layers, last], name=name or None)
