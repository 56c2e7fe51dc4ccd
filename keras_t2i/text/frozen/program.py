"""A network made by others, as a function of named arrays."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

_EMBEDDINGS = ("embedding", "sentence_embedding", "last_hidden_state", "token_embeddings")


class Program(ABC):
    """The contract of a network that was read from a file.

    Attributes:
        inputs: Type and shape of each input by name.
        in_graph: Whether it can be called in a TensorFlow graph.
        resources: Objects that a SavedModel must track to hold it, beside its weights.
    """

    inputs: Mapping[str, tf.TensorSpec]
    in_graph: bool
    resources: Sequence[Any] = ()

    @abstractmethod
    def __call__(self, values: Mapping[str, Any]) -> Any:
        """The embeddings (N, F), or the states of tokens (N, n, F), of named inputs."""


def chosen_output(names: Sequence[str]) -> str:
    """The output that is taken for the embedding: the only one, or the one that is named so.

    Raises:
        ValueError: Several outputs, and none of a known name.
    """
    known = [name for name in _EMBEDDINGS if name in names]
    if len(names) > 1 and not known:
        raise ValueError(
            f"of several outputs one must be called {' or '.join(_EMBEDDINGS)}. "
            f"It has: {', '.join(names)}"
        )
    return known[0] if known else names[0]
