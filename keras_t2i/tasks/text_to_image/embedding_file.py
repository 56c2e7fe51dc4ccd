"""An encoder's readings of many captions, in a file that grows block by block."""

import io
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_t2i.pipelines.data_folder import sha256_of
from keras_t2i.pipelines.whole_file import settle, write_text

EMBEDDINGS, WORDS = "embeddings", "words"
_ROWS = 16_384  # of a block, at most: few enough to hold, and enough to encode fast
_BLOCK = 1 << 26  # bytes of a block, at most
_MAPPED = 1 << 28  # bytes above which the rows stay in the file


def files(name: str) -> tuple[str, str, str]:
    """Names of the file of some rows, of its sum, and of the file while it is not whole."""
    return f"{name}.npy", f"{name}.sha256", f".{name}.unfinished"


def kept_rows(folder: Path, name: str = EMBEDDINGS) -> np.ndarray | None:
    """Rows from their file, (N, …); `None` where it is missing or damaged.

    Large ones are mapped.

    Args:
        folder: Folder of the file.
        name: Name of the rows.
    """
    file, sums, _ = (folder / each for each in files(name))
    try:
        if sums.read_text("utf-8").strip() != sha256_of(file):
            return None
    except (OSError, UnicodeDecodeError):  # it is not there yet, or its sum is damaged
        return None
    return _opened(file)


def computed_rows(
    folder: Path,
    shape: tuple[int, ...],
    compute: Callable[[slice], np.ndarray],
    name: str = EMBEDDINGS,
    dtype: str = "<f4",
) -> np.ndarray:
    """Rows, computed into their file.

    A computation that was killed goes on after the last block that it wrote.

    Args:
        folder: Folder of the file.
        shape: Number of captions N, and the shape of a row.
        compute: Function from places of captions to their rows, (n, …).
        name: Name of the rows.
        dtype: NumPy's name of the type of their numbers.

    Returns:
        (N, …), as `kept_rows` gives them.
    """
    file, sums, unfinished = (folder / each for each in files(name))
    _compute(unfinished, shape, compute, np.dtype(dtype))
    write_text(sums, sha256_of(unfinished) + "\n")
    unfinished.replace(file)
    settle(folder)
    return _opened(file)


def _opened(file: Path) -> np.ndarray:
    rows: np.ndarray = np.load(file, mmap_mode="r")
    return rows if rows.nbytes > _MAPPED else np.load(file)


def _compute(
    unfinished: Path,
    shape: tuple[int, ...],
    compute: Callable[[slice], np.ndarray],
    dtype: np.dtype,
) -> None:
    """Append to an unfinished file the rows that it lacks."""
    header = io.BytesIO()
    described = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    count, start, row = shape[0], header.tell(), dtype.itemsize * math.prod(shape[1:])
    rows = max(1, min(_ROWS, _BLOCK // row))
    with unfinished.open("ab") as stream:
        done = max(0, stream.tell() - start) // row
        stream.truncate(start + done * row if done else 0)
        if not done:
            stream.write(header.getvalue())
        for first in range(done, count, rows):
            block = compute(slice(first, min(first + rows, count)))
            stream.write(np.ascontiguousarray(block, dtype).data)
            stream.flush()
            os.fsync(stream.fileno())
