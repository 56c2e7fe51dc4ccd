"""Files of pictures that a command names."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.file_listing import pictures_below


@dataclass(frozen=True)
class NamedPicture:
    """A file of a picture that a command names.

    Args:
        path: The file.
        name: Name of what is made of it, without suffix: the file's, with its folders within the
            one that the command names; no two pictures of a command have the same.
    """

    path: Path
    name: str


def named_pictures(paths: Sequence[Path], option: str) -> list[NamedPicture]:
    """Files as they are, and the pictures in folders; prints what is left out there.

    Args:
        paths: Files and folders.
        option: The option that names them, for messages.

    Raises:
        InputError: No path is given, no such file, or a folder has no pictures, or one that cannot
            be named.
    """
    if not paths:
        raise InputError(f"Give {option} with pictures, or folders of them.")
    found: list[tuple[Path, str]] = []
    for path in paths:
        if not path.is_dir():
            if not path.is_file():
                raise InputError(f"{path}: no such picture.")
            found.append((path, path.name))
            continue
        listing = pictures_below(path, option)
        if unusable := listing.unusable_pictures:
            raise InputError(unusable[0])
        for line in listing.left_out(listing.pictures):
            print(line, file=sys.stderr)
        found += [(listing.path(name), name) for name in listing.pictures]
    names = _distinct([str(Path(name).with_suffix("")) for _, name in found])
    return [NamedPicture(path, name) for (path, _), name in zip(found, names, strict=True)]


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, a later one of the same letters with a number at its end."""
    taken: set[str] = set()
    distinct = []
    for name in names:
        number, new = 1, name
        while new.casefold() in taken:
            number += 1
            new = f"{name}-{number}"
        taken.add(new.casefold())
        distinct.append(new)
    return distinct
