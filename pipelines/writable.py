"""Places that a command will write to, tried before its work."""

import contextlib
import tempfile
from pathlib import Path

from .errors import InputError


def require_folder(folder: Path, option: str) -> None:
    """Refuse a folder that is not there and cannot be made, or that cannot be written in.

    Nothing is left there: a file without a name is made in the nearest folder that exists.

    Args:
        folder: The folder, which need not exist.
        option: Option that names it, for the message.

    Raises:
        InputError: It is a file, a part of the path is, a name is too long, or the file system or
            its permissions refuse.
    """
    folder = Path(folder)
    try:
        place = _nearest(folder)
        if place.is_dir():
            for part in folder.absolute().relative_to(place.absolute()).parts:
                with contextlib.suppress(FileNotFoundError):
                    (place / part).lstat()  # refuses a name that is too long
            with tempfile.TemporaryFile(dir=place):
                return
    except OSError as error:
        raise InputError(f"{option} {folder}: cannot be written ({error.strerror}).") from error
    if place == folder:
        raise InputError(f"{option} {folder} must be a folder; it is a file.")
    raise InputError(f"{option} {folder}: cannot be made, for {place} is a file.")


def require_file(file: Path, option: str) -> None:
    """Refuse a file that cannot be written: a folder has its name, or its own folder refuses.

    Args:
        file: The file, which need not exist.
        option: Option that names it, for the message.

    Raises:
        InputError: Such a place.
    """
    file = Path(file)
    if file.is_dir():
        raise InputError(f"{option} {file} must be a file; it is a folder.")
    require_folder(file.parent, option)


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    for place in (folder, *folder.absolute().parents):
        try:
            place.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return place
    raise FileNotFoundError(folder)
