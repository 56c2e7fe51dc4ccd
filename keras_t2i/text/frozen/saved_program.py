"""Sentence encoders as SavedModels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_t2i.pipelines.pattern_free import pattern_free
from keras_t2i.text.frozen.program import Program, chosen_output

_SIGNATURE = "serving_default"


class SavedProgram(Program):
    """The signature `serving_default` of a SavedModel.

    Args:
        path: Folder of the SavedModel.

    Raises:
        ValueError: No such signature, or several outputs.
    """

    in_graph = True

    def __init__(self, path: Path) -> None:
        import tensorflow_text  # noqa: F401 - its operations, which tokenizers in graphs need

        with pattern_free(path) as place:
            model = tf.saved_model.load(str(place))
        if _SIGNATURE not in model.signatures:
            raise ValueError(f"it has no signature {_SIGNATURE}")
        self._run = model.signatures[_SIGNATURE]
        self.inputs = self._run.structured_input_signature[1]
        self.resources = [model]
        self._output = chosen_output(list(self._run.structured_outputs))

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The signature's answer."""
        named = {name: tf.convert_to_tensor(values[name]) for name in self.inputs}
        return self._run(**named)[self._output]
