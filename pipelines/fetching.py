"""Files from the network: where they are kept, and how they are fetched."""

import os
import sys
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import Progress

from .data_folder import sha256_of
from .errors import InputError

_LOCAL = ("localhost", "127.0.0.1", "::1")


def cache_folder() -> Path:
    """Folder for networks, models and features: KERAS_T2I_CACHE, or ~/.cache/keras-t2i."""
    given = os.environ.get("KERAS_T2I_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "keras-t2i"


def download(url: str, path: Path) -> None:
    """Fetch a file, with a progress bar.

    Args:
        url: Address of the file.
        path: The file to write.

    Raises:
        InputError: Not reachable, the connection ended early, or an address that anybody on the
            way could answer for.
    """
    require_safe(url)
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, path.open("wb") as file:
            require_safe(answer.geturl())
            size = int(answer.headers.get("Content-Length") or 0)
            _copy(answer, file, size, url)
            if size and file.tell() != size:
                raise InputError(f"{url}: the connection ended early; try again.")
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(f"{url}: not reachable ({error}).") from error


def require_safe(url: str) -> None:
    """Refuse an address that is neither encrypted nor of this machine.

    Raises:
        InputError: An address of another protocol than https, file, or http of this machine.
    """
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    if parts.scheme not in ("https", "file") and not local:
        raise InputError(
            f"{url}: must begin with https:// or file://; http:// only of this machine (localhost)."
        )


def require_sha256(path: Path, wanted: str) -> None:
    """Refuse a file that hashes to something else.

    Raises:
        InputError: A file with another hash; the message names both.
    """
    found, wanted = sha256_of(path), wanted.strip().lower()
    if found != wanted:
        raise InputError(f"{path}: sha256 is {found}; it must be {wanted}.")


def _copy(answer: BinaryIO, file: BinaryIO, size: int, url: str) -> None:
    console = Console(file=sys.stderr)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(url.rsplit("/", 1)[-1], total=size or None)
        while part := answer.read(1 << 16):
            file.write(part)
            progress.update(task, advance=len(part))
