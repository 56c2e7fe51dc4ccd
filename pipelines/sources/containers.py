"""Files that hold many pictures each, such as archives."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..file_listing import FileListing, files_below

_COMPRESSED = (".gz", ".tgz", ".bz2", ".xz", ".zst", ".zip")


@dataclass(frozen=True)
class Containers:
    """The containers of a source.

    Args:
        paths: Places by their names below the source.
        unusable: Lines on those whose names cannot be used.
        listing: All files below the source, if it is a folder.
    """

    paths: dict[str, Path]
    unusable: list[str]
    listing: FileListing | None = None

    def left_out(self, beside: Collection[str] = ()) -> list[str]:
        """Lines on the other files below the source, for the user; none where there are none.

        Args:
            beside: Suffixes of files that usually lie beside containers.
        """
        if self.listing is None:
            return []
        lines = self.listing.left_out(self.paths, beside)
        packed = [name for name in self.listing.named(*_COMPRESSED) if name not in self.paths]
        if packed:
            lines.append(f"{self.listing.folder}: decompress what is packed, such as {packed[0]}.")
        return lines


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
    found = Containers(paths, files.unusable(ending), files)
    if not found.paths and not found.unusable:
        raise InputError(
            " ".join([f"--source {source}: no {ending} file in it.", *found.left_out()])
        )
    return found
