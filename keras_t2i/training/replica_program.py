"""Programs of XLA for the part of a step that each of several replicas computes alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

import tensorflow as tf

Result = TypeVar("Result")

_COMPILED = ContextVar("compiled", default=False)


@contextmanager
def compiled_programs() -> Iterator[None]:
    """Within the block, in this thread, `program` compiles.

    XLA cannot compile a whole step of several replicas: they exchange gradients in it.
    """
    token = _COMPILED.set(True)
    try:
        yield
    finally:
        _COMPILED.reset(token)


def program(work: Callable[[], Result]) -> Result:
    """The result of a function of a step in which no replica hears of another one.

    Args:
        work: The function. It gives tensors, in any nested structure. Other tensors that it makes
            must not be used outside of it, and it changes no variables but the replica's.
    """
    if not _COMPILED.get():
        return work()
    return tf.function(work, jit_compile=True, autograph=False)()
