"""Paths without the characters that TensorFlow takes for a pattern."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATTERNS = frozenset("[\\")


@contextmanager
def pattern_free(folder: Path) -> Iterator[Path]:
    r"""Give a path of a folder from which TensorFlow can read checkpoints and SavedModels.

    It looks for a checkpoint's files by a pattern, in which `[…]` and `\` do not stand for
    themselves. A folder with them in its path is given by a link, for the time of the block.

    Args:
        folder: A folder that exists.
    """
    if not _PATTERNS & set(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="keras-t2i-") as place:
        link = Path(place) / "folder"
        link.symlink_to(folder.resolve(), target_is_directory=True)
        yield link
