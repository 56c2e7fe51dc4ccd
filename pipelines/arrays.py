"""Files of arrays by name, written whole, with a checksum of each array (NumPy's `.npz`)."""

import zlib
from collections.abc import Mapping
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .errors import InputError
from .whole_file import whole_file


class Damaged(InputError):
    """A file whose content is not what was written; the message names it and the reason."""


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], compressed: bool = False) -> None:
    """Write arrays as a whole file.

    Args:
        path: The file; its suffix is `.npz`.
        arrays: The arrays by name.
        compressed: Whether they are compressed: smaller, and slower to write.
    """
    save = np.savez_compressed if compressed else np.savez
    with whole_file(path) as partial, partial.open("wb") as stream:
        save(stream, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote, all of it.

    Raises:
        Damaged: A file that cannot be read, or an array whose checksum does not hold.
    """
    try:
        with np.load(path) as held:
            return {name: held[name] for name in held.files}
    # A flipped bit can lie in data, in a header or in the archive's list of arrays.
    except (
        OSError, ValueError, EOFError, KeyError, TypeError, AttributeError, SyntaxError,
        NotImplementedError, BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise Damaged(f"{path}: damaged, or not of this kind ({reason}).") from error
