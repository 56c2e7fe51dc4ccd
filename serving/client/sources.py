"""The pictures that a command line names: files, and folders of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from .errors import ClientError
from .pictures import register_heic


@dataclass(frozen=True)
class Source:
    """A file of a picture.

    Args:
        path: The file.
        name: Name of what is made of it, without suffix: the file's, with its folders within the
            one that is named; no two have the same.
    """

    path: Path
    name: str


def sources_of(paths: Sequence[Path]) -> list[Source]:
    """Files as they are, and the pictures in folders, which names and suffixes tell.

    Raises:
        ClientError: No such file, or a folder without pictures.
    """
    found = [pair for path in paths for pair in _files(path)]
    names = _distinct(str(name.with_suffix("")) for _, name in found)
    return [Source(path, name) for (path, _), name in zip(found, names, strict=True)]


def _files(path: Path) -> Iterator[tuple[Path, Path]]:
    """Files, and their names within the folder."""
    if not path.is_dir():
        if not path.is_file():
            raise ClientError(f"{path}: no such picture.")
        yield path, Path(path.name)
        return
    Image.init()
    register_heic()
    readable = {
        suffix for suffix, kind in Image.registered_extensions().items() if kind in Image.OPEN
    }
    names = [file.relative_to(path) for file in path.rglob("*") if file.is_file()]
    seen = [name for name in names if not any(part.startswith(".") for part in name.parts)]
    pictures = sorted(name for name in seen if name.suffix.lower() in readable)
    if not pictures:
        raise ClientError(f"{path}: there are no pictures in it.")
    yield from ((path / name, name) for name in pictures)


def _distinct(names: Iterable[str]) -> list[str]:
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
