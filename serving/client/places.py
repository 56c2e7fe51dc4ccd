"""The files that pictures go to, by the rules that `keras_t2i.generate` has for its `--out`."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from .errors import ClientError

_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"lossless": True}),
}


def places(out: Path, names: Sequence[str]) -> list[Path]:
    """The files to write: `out`, or PNG files in it.

    Args:
        out: A file of one picture, or a folder.
        names: Names of the pictures, without suffix.

    Raises:
        ClientError: An impossible place, or several pictures for one file.
    """
    if out.suffix.lower() in _FORMATS:
        if out.is_dir():
            raise ClientError(f"--out {out} ends in {out.suffix}, but is a folder.")
        if len(names) > 1:
            raise ClientError(f"--out {out} is one file for {len(names)} pictures; give a folder.")
        return [out]
    if not out.is_dir() and (out.exists() or out.suffix):
        raise ClientError(
            f"--out {out} must be a folder or end in {', '.join(_FORMATS)}; a new folder has no "
            "dot in its name."
        )
    return [out / f"{name}.png" for name in names]


def numbered(count: int) -> list[str]:
    """Names of pictures by their numbers."""
    return [f"{number:05d}" for number in range(count)]


def check_writable(paths: Iterable[Path]) -> None:
    """Refuse files that cannot be written, before anything is asked.

    Raises:
        ClientError: A folder that cannot be made, or is closed to the user.
    """
    for folder in {path.parent for path in paths}:
        try:
            nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
            if not nearest.is_dir():
                raise ClientError(f"--out: {nearest} is a file, and cannot hold {folder}.")
            if not os.access(nearest, os.W_OK):
                raise ClientError(f"--out: nothing can be written to {nearest}.")
            tempfile.TemporaryFile(dir=nearest).close()  # the administrator may write anywhere
        except OSError as error:
            raise ClientError(
                f"--out: nothing can be written to {folder} ({error.strerror})."
            ) from error


def check_free(paths: Iterable[Path]) -> None:
    """Refuse files that are there already.

    Raises:
        ClientError: A file that would be overwritten.
    """
    taken = [path for path in paths if path.exists()]
    if taken:
        others = f" So do {len(taken) - 1} others." if len(taken) > 1 else ""
        raise ClientError(
            f"{taken[0]} exists already; --overwrite replaces it, --out gives another place."
            f"{others}"
        )


def save(picture: Image.Image, path: Path) -> None:
    """Write a picture, whole or not at all, in the format of the suffix; creates its folder.

    Raises:
        OSError: The file cannot be written.
    """
    name, options = _FORMATS[path.suffix.lower()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    partial = path.with_name(f".{path.stem}.partial-{os.getpid()}{path.suffix}")
    try:
        picture.convert("RGB").save(partial, name, **options)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
