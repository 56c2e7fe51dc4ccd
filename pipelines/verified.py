"""A note that the files of a split have been compared with their digests."""

import contextlib
import json
import os
from pathlib import Path

from .dataset_info import SplitInfo
from .whole_file import write_json

KEPT = ".decoded"  # folder of what can be made again from a data set's shards, below them
_LARGE = 1 << 26  # bytes of shards from which on reading them takes longer than reading a note


def is_verified(directory: Path, split: str, held: SplitInfo) -> bool:
    """Whether a note says that these very files had the digests of `dataset.json`.

    Args:
        directory: Folder of the data set.
        split: Name of the split.
        held: Description of the split.
    """
    try:
        noted = json.loads(_note(directory, split).read_text("utf-8"))
        return bool(noted == _stated(directory, held))
    except (OSError, ValueError):  # no note, a damaged one, or a file that is missing
        return False


def note_verified(directory: Path, split: str, held: SplitInfo) -> None:
    """Note the size and the time of change of each file of a split that has been verified.

    A small split gets no note, nor does a folder that cannot be written in: it is verified again.

    Args:
        directory: Folder of the data set.
        split: Name of the split.
        held: Description of the split.
    """
    size = sum((directory / name).stat().st_size for name in held.shards)
    if size >= _LARGE and os.access(directory, os.W_OK):
        with contextlib.suppress(OSError):
            write_json(_note(directory, split), _stated(directory, held))


def _note(directory: Path, split: str) -> Path:
    return directory / KEPT / f"{split}.verified.json"


def _stated(directory: Path, held: SplitInfo) -> dict[str, list[int | str]]:
    """Size in bytes, time of change in nanoseconds and digest of each file."""
    found = {name: (directory / name).stat() for name in held.shards}
    return {
        name: [status.st_size, status.st_mtime_ns, held.shards[name]]
        for name, status in found.items()
    }
