"""Embeddings of many captions, in a file that grows block by block and is mapped when whole."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_t2i.pipelines.data_folder import sha256_of
from keras_t2i.pipelines.whole_file import settle, write_text

FILES = ("embeddings.npy", "embeddings.sha256", ".embeddings.unfinished")
_ROWS = 16_384  # of a block: few enough to hold, and enough to encode fast
_MAPPED = 1 << 28  # bytes above which the rows stay in the file


def kept_rows(folder: Path) -> np.ndarray | None:
    """Embeddings from their file, float32 (N, E); `None` where it is missing or damaged.

    Large ones are mapped.

    Args:
        folder: Folder of the file.
    """
    file, sums, _ = (folder / name for name in FILES)
    try:
        if sums.read_text("utf-8").strip() != sha256_of(file):
            return None
    except (OSError, UnicodeDecodeError):  # it is not there yet, or its sum is damaged
        return None
    return _opened(file)


def computed_rows(
    folder: Path, count: int, width: int, embed: Callable[[slice], np.ndarray]
) -> np.ndarray:
    """Embeddings, computed into their file.

    A computation that was killed goes on after the last block that it wrote.

    Args:
        folder: Folder of the file.
        count: Number of captions N.
        width: Width E of the embeddings.
        embed: Function from places of captions to their embeddings, float32 (n, E).

    Returns:
        float32 (N, E), as `kept_rows` gives them.
    """
    file, sums, unfinished = (folder / name for name in FILES)
    _compute(unfinished, count, width, embed)
    write_text(sums, sha256_of(unfinished) + "\n")
    unfinished.replace(file)
    settle(folder)
    return _opened(file)


def _opened(file: Path) -> np.ndarray:
    rows: np.ndarray = np.load(file, mmap_mode="r")
    return rows if rows.nbytes > _MAPPED else np.load(file)


def _compute(
    unfinished: Path, count: int, width: int, embed: Callable[[slice], np.ndarray]
) -> None:
    """Append to an unfinished file the rows that it lacks."""
    header = io.BytesIO()
    described = {"descr": "<f4", "fortran_order": False, "shape": (count, width)}
    np.lib.format.write_array_header_1_0(header, described)
    start, row = header.tell(), 4 * width
    with unfinished.open("ab") as stream:
        done = max(0, stream.tell() - start) // row
        stream.truncate(start + done * row if done else 0)
        if not done:
            stream.write(header.getvalue())
        for first in range(done, count, _ROWS):
            block = embed(slice(first, min(first + _ROWS, count)))
            stream.write(np.ascontiguousarray(block, "<f4").data)
            stream.flush()
            os.fsync(stream.fileno())
