"""Names of files and folders: Unicode in one form, and what is not UTF-8."""

import os
import unicodedata
from pathlib import Path


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
