"""A folder here and a place elsewhere that are made equal, one way or the other."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from ..names import why_outside
from ..whole_file import whole_file, write_json
from .place import Place, Unreachable

# Files that a process writes or sets aside, as `whole_file` and `whole_folder` name them.
_UNFINISHED = re.compile(r"(^|/)\.[^/]+\.(partial|replaced)-")


class Mirror:
    """A folder of this machine for a place elsewhere.

    Only what has changed is copied. What is known of both sides stands in a note beside the folder.

    Args:
        place: The place.
        folder: The folder here; it need not exist.
        left_out: Names of files that belong to this machine alone.
    """

    def __init__(self, place: Place, folder: Path, left_out: tuple[str, ...] = ()) -> None:
        self.place, self.folder, self._left_out = place, folder, left_out
        self._note = folder.parent / f".{folder.name}.mirror.json"

    def fetch(self, wanted: Callable[[str], bool] = lambda name: True) -> int:
        """Make the folder what the place holds; the number of files there.

        Args:
            wanted: Whether a file is copied, by its name; of others the folder alone is made.

        Raises:
            Unreachable: The place cannot be read.
        """
        there, known = self.place.files(), self._known()
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in self._here().keys() - there.keys():
            (self.folder / name).unlink()
            known.pop(name, None)
        self._remove_empty_folders()
        try:
            for name, token in there.items():
                if name in self._left_out or why_outside(name):
                    continue
                file = self.folder / name
                file.parent.mkdir(parents=True, exist_ok=True)
                new = wanted(name) and known.get(name) != [*_stamp(file), token]
                if new and self._copied(name, file):
                    known[name] = [*_stamp(file), token]
        finally:
            write_json(self._note, known)
        return len(there)

    def send(self, last: tuple[str, ...] = ()) -> None:
        """Make the place what the folder holds.

        Files go in the order in which they were written here, so a place whose sender was killed
        holds what a process that was killed at some moment leaves. What is gone here goes there
        afterwards; files that never were here stay.

        Args:
            last: Names of the files that are sent after all others, in this order.

        Raises:
            Unreachable: The place cannot be written; what was sent is remembered.
        """
        known, here = self._known(), self._here()
        changed = [name for name, stamp in here.items() if known.get(name, [])[:2] != stamp]
        gone = [name for name in known if name not in here and not (self.folder / name).exists()]
        if not changed and not gone:
            return
        try:
            for name in sorted(changed, key=lambda name: (_rank(name, last), here[name][1])):
                self.place.put(self.folder / name, name)
                known[name] = [*here[name], ""]
            for name in gone:
                self.place.remove(name)
                del known[name]
            tokens = self.place.files()
            known = {n: [*known[n][:2], tokens[n]] for n in known if n in tokens}
        finally:
            write_json(self._note, known)

    def names(self) -> list[str]:
        """The names of the folder's files that are sent."""
        return list(self._here())

    def _copied(self, name: str, file: Path) -> bool:
        """Copy a file to here, unless whoever writes the place has removed it since it was seen."""
        try:
            with whole_file(file) as partial:
                self.place.get(name, partial)
        except Unreachable:
            if name in self.place.files():
                raise
            file.unlink(missing_ok=True)
            return False
        return True

    def _here(self) -> dict[str, list[int]]:
        """The files of the folder, each with its size and time."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name not in self._left_out and not _UNFINISHED.search(name):
                found[name] = _stamp(path)
        return found

    def _known(self) -> dict[str, list]:
        """Size, time and the place's own word for each file that both sides have."""
        try:
            held = json.loads(self._note.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return held if isinstance(held, dict) else {}

    def _remove_empty_folders(self) -> None:
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _stamp(file: Path) -> list[int]:
    """Size in bytes and time of change in nanoseconds; nothing where there is no file."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return []
    return [status.st_size, status.st_mtime_ns]


def _rank(name: str, last: tuple[str, ...]) -> int:
    """The place of a file among those that are sent last; 0 of one that is not."""
    file = name.rsplit("/", 1)[-1]
    return 1 + last.index(file) if file in last else 0
