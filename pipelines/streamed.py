"""Pictures that stay encoded in the files of their records, and are decoded when asked for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .decoding import decoded
from .ordered import ordered_map


class StreamedPictures:
    """Rows of pictures for which neither memory nor disk holds the decoded form.

    Any row is read from where its file lies, without what stands before it: the order of rows is
    free, as in memory.

    Args:
        files: Files of records.
        places: Place of each picture's file, int64 (N, 3): number of the file of records, first
            byte, length in bytes.
        shape: Shape of a picture, (S, S, 3).
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, files: Sequence[Path], places: np.ndarray, shape: tuple[int, ...]) -> None:
        self._files, self._places, self._shape = tuple(files), places, shape

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pictures, and the shape of each."""
        return (len(self._places), *self._shape)

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self._places)

    def __getitem__(self, rows: Any, /) -> np.ndarray:
        """One picture by its number; or some by a slice, numbers or a mask, decoded in threads."""
        wanted = self._places[rows]
        if wanted.ndim == 1:
            return self._picture(wanted)
        pictures = np.empty((len(wanted), *self._shape), self.dtype)
        for i, picture in enumerate(ordered_map(self._picture, wanted)):
            pictures[i] = picture
        return pictures

    def _picture(self, place: np.ndarray) -> np.ndarray:
        number, first, length = place.tolist()
        # Opened anew each time: there may be more files than a process may hold open.
        with self._files[number].open("rb", buffering=0) as file:
            file.seek(first)
            return decoded(file.read(length))
