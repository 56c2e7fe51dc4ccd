"""Sentence encoders in Keras's own format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_t2i.text.frozen.program import Program, chosen_output


class KerasProgram(Program):
    """A model from a .keras file.

    Args:
        path: The file.

    Raises:
        ValueError: The file holds no model that can be read, or several outputs.
    """

    in_graph = True

    def __init__(self, path: Path) -> None:
        model = keras.saving.load_model(path, compile=False)
        model.trainable = False
        self.inputs = {
            each.name: tf.TensorSpec(each.shape, each.dtype, each.name) for each in model.inputs
        }
        # Tables of words: an export finds weights by itself.
        self.resources = [layer for layer in model.layers if not layer.weights]
        answers = model.output_names
        place = answers.index(chosen_output(answers))

        def run(*values: Any) -> Any:
            given = keras.tree.pack_sequence_as(model.input, values)
            return keras.tree.flatten(model(given, training=False))[place]

        signature = tuple(self.inputs.values())  # one graph, whatever the number of captions
        self._run = tf.function(run, input_signature=signature, autograph=False)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The model's answer."""
        return self._run(*(tf.convert_to_tensor(values[name]) for name in self.inputs))
