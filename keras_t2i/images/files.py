"""Files of pictures that a command names."""

from collections.abc import Sequence
from pathlib import Path

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.sources.files import picture_files


def picture_paths(paths: Sequence[Path], option: str) -> list[Path]:
    """Files as they are, and the pictures in folders.

    Args:
        paths: Files and folders.
        option: The option that names them, for messages.

    Raises:
        InputError: No path is given, or a folder has no pictures.
    """
    if not paths:
        raise InputError(f"Give {option} with pictures, or folders of them.")
    found: list[Path] = []
    for path in paths:
        inside = [path / name for name in picture_files(path, option)] if path.is_dir() else [path]
        found += inside
    return found
