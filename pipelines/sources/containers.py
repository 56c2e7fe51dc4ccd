"""Files that hold many pictures each, such as archives."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..file_listing import files_below


@dataclass(frozen=True)
class Containers:
    """The containers of a source.

    Args:
        paths: Places by their names below the source.
        unusable: Lines on those whose names cannot be used.
    """

    paths: dict[str, Path]
    unusable: list[str]


def containers_of(source: Path, ending: str) -> Containers:
    """The containers below a folder, at any depth, or the one that is given in its place.

    Args:
        source: A folder, or a container.
        ending: Suffix of their names, such as `.tar`.

    Raises:
        InputError: No such folder or file, or no container in it.
    """
    if source.is_file():
        return Containers({source.name: source}, [])
    if not source.is_dir():
        raise InputError(f"--source {source}: no such folder or file.")
    files = files_below(source)
    paths = {name: files.path(name) for name in files.named(ending)}
    found = Containers(paths, files.unusable(ending))
    if not found.paths and not found.unusable:
        raise InputError(f"--source {source}: no {ending} file in it.")
    return found
