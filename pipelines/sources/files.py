"""Common parts of the sources of files: labels by folder, and central squares."""

from pathlib import Path

import numpy as np

from ..images import open_picture, resized


def folder_labels(names: list[str]) -> dict[str, str]:
    """Label by picture: its folder, where all lie in two or more; else none."""
    folders = {name: str(Path(name).parent) for name in names}
    kinds = set(folders.values())
    return folders if len(kinds) > 1 and "." not in kinds else {}


def load_square(path: Path, side: int) -> np.ndarray:
    """The central square of a picture, uint8 (side, side, 3)."""
    return resized(open_picture(path), side)
