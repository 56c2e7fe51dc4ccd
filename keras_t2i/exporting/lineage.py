"""Lineage of a model's versions: what was published when, in whose place, and why."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_text

FILE = "lineage.jsonl"
LOCK = ".lineage.lock"

Record = dict[str, Any]
"""A decision on a model, as JSON values."""


def read(models: Path) -> list[Record]:
    """The records of a folder of versions, the oldest first; none where there is no such file.

    Args:
        models: Folder of a model's versions.

    Raises:
        InputError: A line that is no JSON object.
    """
    file = models / FILE
    if not file.exists():
        return []
    records = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InputError(f"{file}, line {number}: not JSON ({error}).") from error
        if not isinstance(record, dict):
            raise InputError(f"{file}, line {number}: must be an object. Received: {record!r}.")
        records.append(record)
    return records


def append(models: Path, record: Record) -> None:
    """Add a record to the end; a process that is killed leaves all of it or nothing.

    Earlier lines stay as they are. The file is written anew beside the old one and renamed, for a
    disk that fills up in the middle of a line would damage one that grows in its place.

    Args:
        models: Folder of a model's versions; it is created.
        record: The record.
    """
    file = models / FILE
    before = file.read_text("utf-8") if file.exists() else ""
    write_text(file, before + json.dumps(record, ensure_ascii=False) + "\n")


def numbers(models: Path) -> list[int]:
    """Numbers of all versions that were ever recorded."""
    return [record["version"] for record in read(models) if record.get("version")]


@contextmanager
def only_publisher(models: Path) -> Iterator[None]:
    """Hold the lock of a folder of versions while the block decides and publishes.

    Else two models could be compared with the same version, and the worse of them come last. The
    operating system releases the lock of a process that dies.

    Args:
        models: Folder of a model's versions; it is created.

    Raises:
        InputError: Another process holds it.
    """
    models.mkdir(parents=True, exist_ok=True)
    lock = FileLock(models / LOCK)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise InputError(f"{models}: another push is at work there; wait for its end.") from None
    try:
        yield
    finally:
        lock.release()
