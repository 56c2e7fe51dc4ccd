"""Runs at an address: worked on in a folder here, sent back at every checkpoint."""

import json
import os
import platform
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.remote.address import address_of, is_address
from keras_t2i.pipelines.remote.cache import folder_for
from keras_t2i.pipelines.remote.mirror import Mirror
from keras_t2i.pipelines.remote.place import Place, Unreachable
from keras_t2i.pipelines.whole_file import write_bytes
from keras_t2i.training.cluster import is_chief, place
from keras_t2i.training.run import LOCK, Run

_CLAIM = "trained_by.json"


class RemoteRun:
    """A run at an address, and the folder here in which it is trained.

    The address is the run: at the start the folder becomes what is there. It stays as it is only
    where nobody else has trained the run since, for then it may be ahead, by what could not be
    sent. Who starts last has the run; who had it before notices, and stops.

    Args:
        where: The address.
        folder: The folder here.
    """

    def __init__(self, where: Path | str, folder: Path) -> None:
        self._place = Place(where)
        self._mirror = Mirror(self._place, folder, left_out=(LOCK, _CLAIM))
        self._held = folder.parent / _CLAIM
        self._claim = b""

    @property
    def address(self) -> str:
        """The address."""
        return self._place.address

    def fetch(self) -> None:
        """Make the folder what the address holds.

        Raises:
            InputError: The address cannot be read.
        """
        self._mirror.fetch()

    def copy_of_chief(self, folder: Path) -> None:
        """Make another folder what the chief had when it sent the run first.

        Whoever trained the run before may just be sending something of his own.

        Raises:
            InputError: The address cannot be read.
        """
        names = json.loads(self._place.read(_CLAIM) or b"{}").get("files", [])
        Mirror(self._place, folder).fetch(wanted=lambda name: name in names)

    def begin(self) -> None:
        """Make the folder the newest state of the run, which is here or there.

        Raises:
            InputError: The address cannot be read or written.
        """
        self._place.check_writable()
        there = self._place.read(_CLAIM)
        here = self._held.read_bytes() if self._held.exists() else None
        if there is None or there != here or not self._mirror.folder.exists():
            self.fetch()

    def send(self) -> None:
        """Make the address what the folder holds, if this is the chief.

        Raises:
            InputError: The address cannot be written, or another process trains the run by now.
        """
        if not is_chief():
            return
        there = self._place.read(_CLAIM)
        if not self._claim:
            self._claim = _new_claim(self._mirror.names())
            self._place.write(_CLAIM, self._claim)
            write_bytes(self._held, self._claim)
        elif there != self._claim:
            raise InputError(
                f"{self.address}: {_who(there)} trains this run by now; this one stops."
            )
        self._mirror.send()

    def send_if_possible(self) -> None:
        """Send; where the address cannot be reached now, say so: the next time sends all.

        Raises:
            InputError: Another process trains the run by now.
        """
        try:
            self.send()
        except Unreachable as error:
            print(f"WARNING: not sent: {error} It is tried again.", file=sys.stderr)


@contextmanager
def working_run(where: Path) -> Iterator[Run]:
    """Give the run to train: at a path, or at an address with a folder here that is up to date.

    However the training ends, what it has saved is sent. Of several workers the chief has a folder
    in the cache, which one process at a time works in; the others have copies of their own.

    Args:
        where: Run folder, or its address.

    Raises:
        InputError: The address cannot be read or written, or a process here trains the run.
    """
    if not is_address(where):
        yield Run(where)
        return
    with _folder_here(where) as folder:
        remote = RemoteRun(where, folder)
        if is_chief():
            remote.begin()
        else:
            remote.fetch()
        try:
            yield Run(folder, remote=remote)
            remote.send()
        except InputError:
            raise
        except BaseException:
            remote.send_if_possible()
            raise


@contextmanager
def _folder_here(where: Path) -> Iterator[Path]:
    """Give the folder to work in."""
    if not is_chief():
        with tempfile.TemporaryDirectory(prefix=f"keras-t2i-worker-{place()[0]}-") as scratch:
            yield Path(scratch) / where.name
        return
    folder = folder_for("runs", where)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder.parent / LOCK, blocking=False):
            yield folder
    except Timeout:
        raise InputError(
            f"{address_of(where)}: another process of this machine trains this run; wait for its "
            "end, or give another --run."
        ) from None


def fetched(where: Path | str) -> Path:
    """The folder here of a run, or an exported model, at an address: to read, and up to date.

    Raises:
        InputError: Nothing is there, or it cannot be read.
    """
    folder = folder_for("read", where)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / LOCK):
        if not _to_read(where).fetch():
            raise InputError(f"{address_of(where)}: nothing is there.")
    return folder


def send_back(where: Path | str) -> None:
    """Send what was added to the folder of `fetched`, such as scores.

    Raises:
        InputError: The address cannot be written.
    """
    _to_read(where).send()


def _to_read(where: Path | str) -> Mirror:
    return Mirror(Place(where), folder_for("read", where), left_out=(LOCK, _CLAIM))


def _new_claim(files: list[str]) -> bytes:
    """A note of this process, which no other one writes, and of the files that it begins with."""
    held = {"host": platform.node(), "process": os.getpid(), "mark": secrets.token_hex(8)}
    return json.dumps({**held, "files": files}).encode()


def _who(claim: bytes | None) -> str:
    """The process that wrote a note, in words."""
    try:
        held = json.loads(claim or b"")
        return f"process {held['process']} on {held['host']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
