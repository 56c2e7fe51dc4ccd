"""Names of files and folders: Unicode in one form, and what is not UTF-8."""

import os
import posixpath
import re
import unicodedata
from pathlib import Path, PurePath

HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
"""A lone surrogate: no character, and nothing that UTF-8 can write."""


def composed(name: str) -> str:
    """A name with its accents in the composed form (NFC), which most tables are written in."""
    return unicodedata.normalize("NFC", name)


def is_unicode(name: Path | str) -> bool:
    """Whether all bytes of a name are UTF-8: only such names go into files and to TensorFlow."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(name: Path | str) -> str:
    r"""A name for messages: bytes that are not UTF-8 as `\xf1`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def relative_name(name: str) -> str:
    """A path that a table states, as the name of a file below a folder: `./a/../b.png` as b.png."""
    return composed(posixpath.normpath(PurePath(name).as_posix()))


def why_outside(name: str) -> str | None:
    """Why a path that a table states leads out of the folder to which it is relative, if it does.

    Links below the folder may lead anywhere: who made them wants it so.
    """
    path = PurePath(name)
    if path.anchor:
        return "lies outside of the folder, for its path is absolute; names are relative to it"
    if ".." in PurePath(relative_name(name)).parts:
        return "lies outside of the folder"
    return None
