"""Arrays that a dataset draws its rows from, in the memory of the host."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .host_calls import on_host_thread
from .lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


class Rows(Protocol):
    """Rows that are drawn by their numbers: an array, or a part of one (`RowsOf`)."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, and the shape of each."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of their numbers."""

    def __len__(self) -> int:
        """Number of rows."""

    def __getitem__(self, rows: Any, /) -> Any:
        """Some of them, by a slice, numbers or a mask."""


class RowsOf:
    """Some rows of an array, which stay where they are until they are asked for.

    Args:
        array: The array, (N, …).
        wanted: Mask (N,) or numbers of the rows.
    """

    def __init__(self, array: Rows, wanted: np.ndarray) -> None:
        self._array = array
        self._rows = np.arange(len(array))[wanted]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of rows, and the shape of each."""
        return (len(self._rows), *self._array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of their numbers."""
        return self._array.dtype

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._rows)

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """Some of them, by a slice, numbers or a mask."""
        return self._array[self._rows[rows]]


def drawn_from(array: Rows) -> Callable[["tf.Tensor"], "tf.Tensor"]:
    """A function from row numbers to these rows, for the graph of a dataset.

    A tensor in its place would be copied into the graph, and again into each iterator: three times
    the array, and more with each pipeline. The rows are taken from where the array lies, in memory
    or in a file that is mapped.

    Args:
        array: The rows; the function keeps them.
    """
    taken = on_host_thread(lambda some: np.asarray(array[some]))

    def read(rows: "tf.Tensor") -> "tf.Tensor":
        found = tf.numpy_function(taken, [rows], array.dtype)
        return tf.ensure_shape(found, (*rows.shape, *array.shape[1:]))

    return read


def on_host(values: Any) -> "tf.Tensor":
    """A tensor in the host's memory, where pipelines run; a GPU's is for the training."""
    with tf.device("CPU:0"):
        return tf.constant(values)
