"""Files of pictures below a folder."""

from collections.abc import Set
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..images import SUFFIXES, open_picture, resized


def files_below(folder: Path, suffixes: Set[str]) -> list[str]:
    """Names below a folder, at any depth, sorted; without what is hidden."""
    paths = (p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file())
    inner = (path.relative_to(folder) for path in paths)
    return sorted(p.as_posix() for p in inner if not any(s.startswith(".") for s in p.parts))


def picture_files(folder: Path, flag: str = "--source") -> list[str]:
    """Names of the pictures below a folder.

    Args:
        folder: The folder.
        flag: Option with which a user gave it.

    Raises:
        InputError: There is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise InputError(f"{flag} {folder}: no such folder.")
    names = files_below(folder, SUFFIXES)
    if not names:
        raise InputError(f"{flag} {folder}: no pictures in it ({', '.join(sorted(SUFFIXES))}).")
    return names


def folder_labels(names: list[str]) -> dict[str, str]:
    """Label by picture: its folder, where all lie in two or more; else none."""
    folders = {name: str(Path(name).parent) for name in names}
    kinds = set(folders.values())
    return folders if len(kinds) > 1 and "." not in kinds else {}


def load_square(path: Path, side: int) -> np.ndarray:
    """The central square of a picture, uint8 (side, side, 3)."""
    return resized(open_picture(path), side)
