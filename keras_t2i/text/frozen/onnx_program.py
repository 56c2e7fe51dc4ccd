"""Sentence encoders as ONNX files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tensorflow as tf

from keras_t2i.text.frozen.program import Program, chosen_output

_TYPES = {"tensor(string)": tf.string, "tensor(int64)": tf.int64, "tensor(int32)": tf.int32}


class OnnxProgram(Program):
    """A model from an .onnx file, run by onnxruntime on the CPU.

    Args:
        path: The file.

    Raises:
        ValueError: An input of another type, or several outputs.
    """

    in_graph = False

    def __init__(self, path: Path) -> None:
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(str(path), providers=providers)
        given = self._session.get_inputs()
        for each in given:
            if each.type not in _TYPES:
                raise ValueError(f"its input {each.name} is a {each.type}")
        self.inputs = {
            each.name: tf.TensorSpec([None] * len(each.shape), _TYPES[each.type]) for each in given
        }
        self._output = chosen_output([each.name for each in self._session.get_outputs()])

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The model's answer."""
        fed = {name: np.asarray(values[name]) for name in self.inputs}
        return self._session.run([self._output], fed)[0]
