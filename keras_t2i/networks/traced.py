"""Methods of tensors that run as graph functions."""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

import tensorflow as tf

Result = TypeVar("Result")


class traced(Generic[Result]):
    """A method of tensors that is traced once an object and then runs as a graph.

    Called eagerly, a network asks TensorFlow for every operation alone, which takes longer than
    most of them do; and a graph runs several of them as one. Numbers are part of the trace, so
    arguments that vary must be tensors.

    Args:
        method: The method; its tensors' first dimension is the number of rows.
    """

    def __init__(self, method: Callable[..., Result]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Callable[..., Result]:
        if instance is None:
            return self._method
        graph = tf.function(partial(self._method, instance), reduce_retracing=True, autograph=False)

        def run(*arguments: Any, **named: Any) -> Result:
            return graph(*arguments, **named)

        # A plain function: of a `tf.function` among a model's attributes SavedModels keep a copy.
        instance.__dict__[self._name] = run
        return run
