"""Files of arrays by name, written whole, with a sum of all of them (NumPy's `.npz`)."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .errors import InputError
from .whole_file import whole_file

_SUM = "sha256"  # the name of the sum among the arrays


class Damaged(InputError):
    """A file whose content is not what was written; the message names it."""


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = False) -> None:
    """Write arrays, and the sha256 of all of them, as a whole file.

    Args:
        path: The file; its suffix is `.npz`.
        arrays: The arrays by name.
        compressed: Whether they are compressed: smaller, and slower to write.
    """
    save = np.savez_compressed if compressed else np.savez
    with whole_file(path) as partial, partial.open("wb") as stream:
        save(stream, **{**arrays, _SUM: _sum_of(arrays)})  # type: ignore[arg-type]


def read_arrays(path: Path, summed: bool = True) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote, all of it.

    Args:
        path: The file.
        summed: Whether it must have a sum; files of earlier versions have none.

    Raises:
        Damaged: A file that cannot be read, or whose sum does not hold.
    """
    try:
        with np.load(path) as held:
            arrays = {name: held[name] for name in held.files}
    # On broken data NumPy and zipfile raise errors of a dozen kinds, and a broken header can ask
    # for any size.
    except Exception as error:
        reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
        raise Damaged(f"{path}: damaged, or not of this kind{reason}.") from error
    known = arrays.pop(_SUM, None)
    if known is None and not summed:
        return arrays
    if known is None or not np.array_equal(known, _sum_of(arrays)):
        raise Damaged(f"{path}: damaged: its arrays are not those that were written.")
    return arrays


def _sum_of(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """sha256 of the arrays with their names, types and shapes, uint8 (32,).

    The archive's own sums are of each array alone: a damaged list of them can lose one, or give it
    another's place.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array).data)
    return np.frombuffer(digest.digest(), np.uint8)
