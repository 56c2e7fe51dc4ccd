"""Splits and classes of pictures by the names of their folders and files."""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from .files import folder_labels
from .splits import split_called


def folder_splits(names: Sequence[str]) -> dict[str, str]:
    """Split by picture, where all lie in folders named after splits, train and another; else none.

    Of a split train alone, a share is to be held out as of any other folder.

    Args:
        names: Pictures relative to the source, such as `train/cat/1.png`.
    """
    found = {name: split_called(name.split("/")[0]) for name in names if "/" in name}
    stated = {name: split for name, split in found.items() if split}
    return stated if len(stated) == len(names) and _divide(stated.values()) else {}


def folder_classes(names: Sequence[str]) -> dict[str, str]:
    """Class by picture: its folder, without that of its split, where there are several; else none.

    Args:
        names: Pictures relative to the source.
    """
    if not folder_splits(names):
        return folder_labels(list(names))
    inner = {name: name.split("/", 1)[1] for name in names}
    classes = folder_labels(sorted(set(inner.values())))
    return {name: classes[inner[name]] for name in names} if classes else {}


def file_splits(names: Sequence[str]) -> dict[str, str]:
    """Split by file, where their names or folders' say train and another split; else none.

    A file of another name, such as `00003.tar` beside `test.tar`, is trained on.

    Args:
        names: Files relative to the source, such as `data/train-00000-of-00002.parquet`.
    """
    stated = {name: _split_of(PurePosixPath(name)) for name in names}
    found = {name: split or "train" for name, split in stated.items()}
    return found if _divide(found.values()) else {}


def _divide(splits: Iterable[str]) -> bool:
    """Whether there is something to train on, and something beside it."""
    return set(splits) > {"train"}


def _split_of(path: PurePosixPath) -> str | None:
    """The split that a file's name says, or the nearest folder's."""
    for part in reversed(path.parts):
        for word in re.split("[^a-z]+", part.lower()):
            if split := split_called(word):
                return split
    return None
