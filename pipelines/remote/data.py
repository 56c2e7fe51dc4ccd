"""Data sets elsewhere: fetched once, whole and verified, and kept in the cache."""

import hashlib
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from filelock import FileLock
from rich.console import Console
from rich.progress import Progress

from ..data_folder import sha256_of
from ..dataset_info import INFO_FILE, PLAN_FILE, DatasetInfo
from ..errors import InputError
from ..fetching import cache_folder
from ..verified import note_verified
from ..whole_file import whole_file, write_bytes, write_text
from .address import address_of, is_address
from .place import Place

_ORIGIN = "address.txt"
_AT_ONCE = 4


def located(data: Path) -> Path:
    """The folder of a data set here: the path itself, or a copy of what an address holds.

    The copy lies in the cache (`KERAS_T2I_CACHE`) under the sum of its `dataset.json`, so altered
    data get a new one. A fetch that was interrupted goes on. Several processes share one copy.

    Args:
        data: Folder of a prepared data set, or its address.

    Raises:
        InputError: There is no data set, it cannot be read, or a file is not what it must be.
    """
    if not is_address(data):
        return data
    place = Place(data)
    text = place.read(INFO_FILE)
    if text is None:
        what = "a part of a data set only" if place.read(PLAN_FILE) else "no prepared data set"
        raise InputError(f"{place.address} holds {what}: it has no {INFO_FILE}.")
    folder = _folder_of(text, place.address)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):
        if not (folder / INFO_FILE).exists():
            _fetch(place, DatasetInfo.parse(text, f"{place.address}/{INFO_FILE}"), folder)
            write_text(folder / _ORIGIN, place.address + "\n")
            write_bytes(folder / INFO_FILE, text)
    return folder


def origin(folder: Path) -> str:
    """The address that a data set was fetched from; of any other folder its whole path."""
    file = folder / _ORIGIN
    return file.read_text("utf-8").strip() if file.exists() else str(folder.resolve())


def keep(folder: Path, where: Path | str) -> Path:
    """Put a data set that was written here, and sent to an address, where `located` looks for it.

    Args:
        folder: Folder of the data set; it is moved.
        where: The address.
    """
    kept = _folder_of((folder / INFO_FILE).read_bytes(), address_of(where))
    kept.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(kept.parent / f".{kept.name}.lock"):
        if not (kept / INFO_FILE).exists():
            write_text(folder / _ORIGIN, address_of(where) + "\n")
            folder.rename(kept)
    return kept


def _folder_of(text: bytes, address: str) -> Path:
    digest = hashlib.sha256(text).hexdigest()[:16]
    return cache_folder() / "remote" / "data" / digest / address.rsplit("/", 1)[-1]


def _fetch(place: Place, info: DatasetInfo, folder: Path) -> None:
    """Bring the files of all splits that are not here yet."""
    digests = {n: d for split in info.splits.values() for n, d in split.shards.items()}
    print(f"Fetching {place.address} ({len(digests)} files) to {folder} …", file=sys.stderr)

    def bring(name: str) -> None:
        file = folder / name
        if file.exists() and sha256_of(file) == digests[name]:
            return
        with whole_file(file) as partial:
            place.get(name, partial)
            if sha256_of(partial) != digests[name]:
                raise InputError(
                    f"{place.address}/{name}: the file is cut short or altered: its sha256 is not "
                    f"the one of {INFO_FILE}. Copy the data there again."
                )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        _watch(pool.map(bring, digests), len(digests))
    for name, split in info.splits.items():
        note_verified(folder, name, split)


def _watch(done: Iterable[None], total: int) -> None:
    """Wait for files behind a bar of progress."""
    screen = Console(file=sys.stderr)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("files", total=total)
        for _ in done:
            bar.advance(task)
