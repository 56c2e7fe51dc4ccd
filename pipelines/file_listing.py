"""The files below a folder: one rule for all commands that are given folders."""

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import InputError
from .images import is_picture
from .names import composed, is_unicode, shown, why_outside
from .picture_formats import NEEDS_HEIC, needs_heic, suffixes

# What systems drop into folders beside hidden files; in lower case.
_DROPPINGS = frozenset(
    {
        "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin",
        "system volume information", "lost+found",
    }
)  # fmt: skip


@dataclass(frozen=True)
class FileListing:
    """The files below a folder, at any depth.

    A file's name is its path within the folder, with `/` between the parts and accents in the
    composed form (NFC) of Unicode, whichever form the disk has. Hidden files and folders, and what
    systems drop (`Thumbs.db`, `__MACOSX`, …), do not count. Links to folders are entered; a folder
    that is reached twice counts once.

    Args:
        folder: The folder.
        paths: Places of the files by their names, in alphabetical order.
        unnamable: Files whose names cannot be used, with the reason for each.
        repeated: Names of links to folders that had been entered already.
    """

    folder: Path
    paths: Mapping[str, Path]
    unnamable: Mapping[Path, str]
    repeated: tuple[str, ...]

    def named(self, *endings: str) -> list[str]:
        """Names of the files with one of some suffixes, such as `.txt`, in any case."""
        return [name for name in self.paths if _suffix(name) in endings]

    @cached_property
    def pictures(self) -> list[str]:
        """Names of the pictures: known by their suffix, or without one by their content."""
        known = suffixes()
        return [
            name
            for name, path in self.paths.items()
            if (suffix := _suffix(name)) in known or (not suffix and is_picture(path))
        ]

    def path(self, name: str) -> Path:
        """Place of a file by its name, in whichever Unicode form; also of one that is not here."""
        return self.paths.get(composed(name), self.folder / name)

    def unusable(self, *endings: str) -> list[str]:
        """Why files with one of some suffixes cannot be used: their names."""
        return [why for path, why in self.unnamable.items() if path.suffix.lower() in endings]

    @property
    def unusable_pictures(self) -> list[str]:
        """Why pictures cannot be used: their names."""
        return self.unusable(*suffixes())

    def why_missing(self, name: str) -> str | None:
        """Why there is no file of a name that a table states, as the end of a sentence."""
        if outside := why_outside(name):
            return f"it {outside}"
        try:
            return None if self.path(name).is_file() else "no such picture"
        except OSError as error:  # such as a name that is too long
            return error.strerror

    def why_no_picture(self, name: str) -> str:
        """Why a file that a table names is none of the pictures, as the end of a sentence."""
        if missing := self.why_missing(name):
            return missing
        if needs_heic(Path(name).suffix):
            return NEEDS_HEIC
        if any(map(_does_not_count, Path(name).parts)):
            return "it is hidden, and hidden files and folders do not count"
        return "it is no picture of a format that is known"

    def left_out(self, wanted: Collection[str], beside: Collection[str] = ()) -> list[str]:
        """Lines on what is left out, for the user; none where nothing is.

        Args:
            wanted: Names of the files that are taken.
            beside: Suffixes of files that are read beside them, such as `.txt` of captions.
        """
        rest = self.paths.keys() - set(wanted)
        kinds = Counter(s for name in rest if (s := _suffix(name) or "no suffix") not in beside)
        lines = []
        if kinds:
            listed = ", ".join(f"{suffix} ({count:,})" for suffix, count in kinds.most_common())
            heic = f"; {NEEDS_HEIC}" if any(map(needs_heic, kinds)) else ""
            several = "files" if kinds.total() > 1 else "file"
            lines.append(
                f"{self.folder}: {kinds.total():,} {several} of other formats left out: {listed}"
                f"{heic}."
            )
        if self.repeated:
            lines.append(
                f"{self.folder}: left out, for they lead to folders that count already: "
                f"{', '.join(self.repeated)}."
            )
        return lines


def files_below(folder: Path, flag: str = "--source") -> FileListing:
    """List the files below a folder.

    Args:
        folder: The folder.
        flag: Option with which a user gave it; empty for none.

    Raises:
        InputError: There is no such folder.
        OSError: A folder below it cannot be read.
    """
    if not folder.is_dir():
        raise InputError(f"{flag} {folder}: no such folder.".lstrip())
    found: dict[str, Path] = {}
    unnamable: dict[Path, str] = {}
    repeated: list[str] = []
    for path in _walk(folder, repeated):
        name = composed(path.relative_to(folder).as_posix())
        if not is_unicode(name):
            unnamable[path] = f"{shown(path)}: the name is not UTF-8; rename it."
        elif name in found:
            unnamable[path] = f"{path}: another file has the same name, its accents written apart."
        else:
            found[name] = path
    return FileListing(folder, dict(sorted(found.items())), unnamable, tuple(repeated))


def pictures_below(folder: Path, flag: str = "--source") -> FileListing:
    """List the files below a folder of pictures.

    Raises:
        InputError: There is no such folder, or no picture in it.
        OSError: A folder below it cannot be read.
    """
    listing = files_below(folder, flag)
    if not listing.pictures:
        reasons = listing.unusable_pictures + listing.left_out(())
        raise InputError(" ".join([f"{flag} {folder}: no pictures in it.", *reasons[:2]]).lstrip())
    return listing


def _does_not_count(part: str) -> bool:
    """Whether a file or folder is hidden, or what systems drop."""
    return part.startswith(".") or part.lower() in _DROPPINGS


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _walk(folder: Path, repeated: list[str]) -> Iterator[Path]:
    """The files below a folder; a real folder comes before the links that lead to it.

    Args:
        folder: The folder.
        repeated: List to which the links are added that lead to what was entered already.
    """
    entered: set[tuple[int, int]] = set()
    links = [folder]
    while links:
        waiting, later = [links.pop(0)], list[Path]()
        while waiting:
            here = waiting.pop()
            status = here.stat()
            if (status.st_dev, status.st_ino) in entered:
                repeated.append(shown(here.relative_to(folder)))
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(here) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    if _does_not_count(entry.name):
                        continue
                    path = here / entry.name
                    if path.is_dir():
                        (later if entry.is_symlink() else waiting).append(path)
                    # A link that leads nowhere, or to itself, is named where it is opened.
                    elif path.is_file() or not path.exists():
                        yield path
        links += later
