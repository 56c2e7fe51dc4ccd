"""Places that a command will write to, tried before its work."""

import contextlib
import tempfile
from pathlib import Path

from .errors import InputError
from .remote.address import is_address


def require_folder(folder: Path, option: str) -> None:
    """Refuse a folder that is not there and cannot be made, or that cannot be written in.

    Nothing is left there: a file without a name is made in the nearest folder that exists.

    Args:
        folder: The folder, which need not exist.
        option: Option that names it, for the message.

    Raises:
        InputError: A file is in the place of a folder, a name is too long, or the file system or
            its permissions refuse.
    """
    _try(Path(folder), f"{option} {folder}")


def require_file(file: Path, option: str) -> None:
    """Refuse a file that cannot be written: a folder has its name, or its own folder refuses.

    Args:
        file: The file, which need not exist.
        option: Option that names it, for the message.

    Raises:
        InputError: Such a place.
    """
    file = Path(file)
    _try(file.parent, f"{option} {file}", file.name)
    if file.is_dir():
        raise InputError(f"{option} {file} must be a file; it is a folder.")


def _try(folder: Path, named: str, file: str = "") -> None:
    if is_address(folder):
        raise InputError(f"{named}: this is written to a folder of this machine only.")
    try:
        place = _nearest(folder)
        if not place.is_dir() and place == folder and not file:
            raise InputError(f"{named} must be a folder; it is a file.")
        if not place.is_dir():
            raise InputError(f"{named}: cannot be made, for {place} is no folder.")
        for part in (*folder.absolute().relative_to(place.absolute()).parts, file):
            with contextlib.suppress(FileNotFoundError):
                (place / part).lstat()  # refuses a name that is too long
        with tempfile.TemporaryFile(dir=place):
            return
    except OSError as error:
        raise InputError(f"{named}: cannot be written ({error.strerror}).") from error


def _nearest(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    for place in (folder, *folder.absolute().parents):
        try:
            place.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return place
    raise FileNotFoundError(folder)
