"""SavedModels are programs: said once of each, before it is loaded the first time."""

import contextlib
import hashlib
import sys
from pathlib import Path

from keras_t2i.pipelines.fetching import cache_folder
from keras_t2i.pipelines.whole_file import write_text


def tell_of_program(folder: Path) -> None:
    """Say on stderr that a SavedModel is a program, unless it was said of this very file before.

    Args:
        folder: Folder of the SavedModel.
    """
    mark = _mark(folder)
    if mark is None or mark.exists():
        return
    print(
        f"{folder}: a SavedModel is a program, which can do what you can do on this machine. Load "
        "those of people that you trust (SECURITY.md). This is said once of each.",
        file=sys.stderr,
    )
    _keep(mark, folder)


def know_program(folder: Path) -> None:
    """Note a SavedModel that was written here, of which nothing need be said."""
    mark = _mark(folder)
    if mark is not None:
        _keep(mark, folder)


def _mark(folder: Path) -> Path | None:
    """The file that remembers a SavedModel's graph; `None` where there is no graph."""
    graph = folder / "saved_model.pb"
    if not graph.is_file():
        return None
    with graph.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return cache_folder() / "programs" / digest


def _keep(mark: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written says it again
        write_text(mark, f"{folder.resolve()}\n")
