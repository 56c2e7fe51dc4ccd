"""Captions to the features of a sentence encoder that others made."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_t2i.text.frozen.program import Program

_IDS, _MASK, _TYPES = "input_ids", "attention_mask", "token_type_ids"
_PROBES = ("a small red bird", "this bird has a black head, a short beak and white wings")


class SentenceModel(ABC):
    """The contract of a given sentence encoder.

    Attributes:
        width: Width F of its embeddings.
        in_graph: Whether an exported model can hold it.

    Args:
        program: The network.

    Raises:
        ValueError: The network gives no embeddings of captions.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self.width = _width([self.read(some) for some in (_PROBES, _PROBES[:1])])

    @property
    @abstractmethod
    def in_graph(self) -> bool:
        """Whether it is a function of TensorFlow alone."""

    @property
    def resources(self) -> list[Any]:
        """Objects that an export must track to hold it, beside its weights."""
        return list(self._program.resources)

    @abstractmethod
    def read(self, captions: Sequence[str]) -> np.ndarray:
        """Captions, at least one, to the network's answer."""

    def __call__(self, captions: tf.Tensor) -> tf.Tensor:
        """Captions, strings (N,), to features float32 (N, F); a function in a graph."""

        def read(texts: np.ndarray) -> np.ndarray:
            return np.asarray(self.read([text.decode() for text in texts]), np.float32)

        features = tf.numpy_function(read, [captions], tf.float32, stateful=False)
        return tf.ensure_shape(features, (None, self.width))


class ReadsStrings(SentenceModel):
    """An encoder that takes captions as they are."""

    @property
    def in_graph(self) -> bool:
        """Whether the network can be in a graph."""
        return self._program.in_graph

    def read(self, captions: Sequence[str]) -> np.ndarray:
        """Captions to the network's answer."""
        return np.asarray(self._program(self._fed(np.array(captions, object))))

    def __call__(self, captions: tf.Tensor) -> tf.Tensor:
        """Captions, strings (N,), to features float32 (N, F); a function in a graph."""
        if not self.in_graph:
            return super().__call__(captions)
        features = tf.cast(self._program(self._fed(captions)), tf.float32)
        return tf.ensure_shape(features, (None, self.width))

    def _fed(self, captions: Any) -> dict[str, Any]:
        ((name, spec),) = self._program.inputs.items()
        return {name: captions[:, None] if spec.shape.rank == 2 else captions}


class ReadsTokens(SentenceModel):
    """An encoder that takes the numbers of tokens, by a tokenizer of the package `tokenizers`.

    States of tokens are averaged over the caption, without padding.

    Args:
        program: The network; it takes `input_ids`, and perhaps `attention_mask` and
            `token_type_ids`.
        tokenizer: The file tokenizer.json. What it says of the longest text and of padding holds.

    Raises:
        ValueError: The file is no tokenizer.
    """

    in_graph = False

    def __init__(self, program: Program, tokenizer: Path) -> None:
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the package raises no narrower one
            raise ValueError(f"{tokenizer} is no tokenizer ({error})") from error
        if self._tokenizer.padding is None:
            self._tokenizer.enable_padding()
        super().__init__(program)

    def read(self, captions: Sequence[str]) -> np.ndarray:
        """Captions to the network's answer."""
        tokens = self._tokenizer.encode_batch(list(captions))
        mask = np.array([each.attention_mask for each in tokens])
        values = {
            _IDS: np.array([each.ids for each in tokens]),
            _MASK: mask,
            _TYPES: np.array([each.type_ids for each in tokens]),
        }
        fed = {
            name: values[name].astype(spec.dtype.as_numpy_dtype)
            for name, spec in self._program.inputs.items()
        }
        answer = np.asarray(self._program(fed))
        return answer if answer.ndim == 2 else _averaged(answer, mask)


def sentence_model(program: Program, tokenizer: Path) -> SentenceModel:
    """The encoder that a network is: of strings, or of the numbers of tokens.

    Args:
        program: The network.
        tokenizer: Place of the file tokenizer.json, which a network of strings does not need.

    Raises:
        ValueError: The network takes something else, gives no embeddings, or has no tokenizer.
    """
    types = {name: spec.dtype for name, spec in program.inputs.items()}
    if list(types.values()) == [tf.string]:
        return ReadsStrings(program)
    if _IDS not in types or set(types) - {_IDS, _MASK, _TYPES} or tf.string in types.values():
        raise ValueError(
            f"it must take captions as strings, or {_IDS} with or without {_MASK} and {_TYPES}. "
            f"It takes: {', '.join(f'{name} ({kind.name})' for name, kind in types.items())}"
        )
    if not tokenizer.is_file():
        raise ValueError(f"it takes numbers of tokens, and {tokenizer} is missing")
    return ReadsTokens(program, tokenizer)


def _averaged(states: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean (N, F) of the states (N, n, F) that a mask (N, n) holds."""
    weights = mask.astype(states.dtype)[..., None]
    return (states * weights).sum(1) / np.maximum(weights.sum(1), 1.0)


def _width(answers: list[np.ndarray]) -> int:
    """Width of the embeddings, which is the same whatever the captions.

    Raises:
        ValueError: Answers that are no embeddings of two captions and of one.
    """
    shapes = [each.shape for each in answers]
    numbers = all(np.issubdtype(each.dtype, np.floating) for each in answers)
    if any(len(shape) != 2 for shape in shapes) or [s[0] for s in shapes] != [2, 1] or not numbers:
        raise ValueError(
            "it must give an embedding of each caption, floats (N, F). Of 2 captions and of 1 it "
            f"gives: {' and '.join(f'{each.dtype} {each.shape}' for each in answers)}"
        )
    if shapes[0][1] != shapes[1][1]:
        raise ValueError(
            "its embeddings must be of one width. Of 2 captions and of 1 it gives the widths: "
            f"{shapes[0][1]} and {shapes[1][1]}"
        )
    if not all(np.isfinite(each).all() for each in answers):
        raise ValueError("its embedding of a caption is not finite")
    return shapes[0][1]
