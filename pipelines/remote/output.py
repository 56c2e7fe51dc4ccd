"""Data sets that are written to an address: made here, then sent, their description last."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..dataset_info import INFO_FILE, DatasetInfo
from ..errors import InputError
from .address import is_address
from .cache import folder_for
from .data import keep
from .place import Place


@contextmanager
def written(out: Path, overwrite: bool = False, part: str | None = None) -> Iterator[Path]:
    """Give the folder to write a data set into; what an address shall hold is sent at the end.

    `dataset.json` goes last, and of a data set that is replaced first: a reader finds a whole one
    or none. An interrupted preparation goes on as in any folder.

    Args:
        out: Folder, or address.
        overwrite: Whether a data set that is there already is replaced.
        part: The part `i/n` of the data set that is written, if it is not all of it.

    Raises:
        InputError: The address holds a data set already, cannot be written, or is asked for a part.
    """
    if not is_address(out):
        yield out
        return
    place = Place(out)
    if part is not None:
        raise InputError(f"{place.address}: --shard writes to folders; `merge` to addresses, too.")
    before = place.read(INFO_FILE)
    if before is not None and not overwrite:
        raise InputError(f"{place.address}: a data set is there already; --overwrite replaces it.")
    place.check_writable()
    folder = folder_for("written", out)
    if (folder / INFO_FILE).exists():  # of a process that was killed while it sent it
        shutil.rmtree(folder)
    yield folder
    place.remove(INFO_FILE)
    new = _files(DatasetInfo.load(folder))
    for name in new:
        place.put(folder / name, name)
    place.put(folder / INFO_FILE, INFO_FILE)
    if before is not None:
        for name in _files(DatasetInfo.parse(before, place.address)) - new:
            place.remove(name)
    keep(folder, out)


def _files(info: DatasetInfo) -> set[str]:
    return {name for split in info.splits.values() for name in split.shards}
