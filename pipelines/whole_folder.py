"""Folders that are written whole or not at all."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError
from .processes import MARK, is_alive, is_own, own_mark
from .whole_file import remove_partials, settle

_REPLACED = re.compile(rf"\.(.+)\.replaced-({MARK})")
_KINDS = ("partial", "replaced")


@contextmanager
def whole_folder(
    out: Path,
    marker: str,
    overwrite: bool = False,
    resumable: Callable[[Path], bool] | None = None,
) -> Iterator[Path]:
    """Give a sibling folder to write into, which takes the name `out` when the block ends well.

    When the block raises, the sibling is removed. What killed processes left of the same name is
    removed first. The sibling takes its name only when its files are on the disk.

    Args:
        out: The folder to create; its parents are created too.
        marker: A file that tells a folder of this kind: only such a folder is ever replaced.
        overwrite: Replace an existing folder, at the end; else it must be missing or empty.
        resumable: Whether the block can go on in a folder that a killed process left; that is then
            given instead of an empty one. With it, Ctrl-C leaves such a folder too.

    Raises:
        InputError: `out` exists and may not be replaced, cannot be created, or is being written by
            another process.
    """
    out = Path(out).resolve()
    recover(out)
    rests = [left for left, _ in _beside(out, alive=False)]
    kept = [left for left in rests if resumable and resumable(left)][:1]
    for left in rests:
        if left not in kept:
            shutil.rmtree(left, ignore_errors=True)
    for left, mark in _beside(out, alive=True):
        raise InputError(f"{out}: {_writer(mark)} is writing this folder; {_way_out(mark, left)}")
    _check_free(out, marker, overwrite)
    partial = out.with_name(f".{out.name}.partial-{own_mark()}")
    try:
        if kept:
            kept[0].rename(partial)
        else:
            partial.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{out}: the folder cannot be created ({error.strerror}).") from error
    try:
        yield partial
        for path in (*partial.rglob("*"), partial):
            settle(path)
        _check_free(out, marker, overwrite)  # another process may have been as quick
        _put_in_place(partial, out)
        settle(out.parent)
    except BaseException as error:
        if resumable is None or isinstance(error, Exception):
            shutil.rmtree(partial, ignore_errors=True)
        raise


def _writer(mark: str) -> str:
    number = mark.partition("-")[0]
    return f"process {number}" + ("" if is_own(mark) else " of another machine or container")


def _way_out(mark: str, left: Path) -> str:
    if is_own(mark):
        return f"wait for its end. If that process is another program, remove {left}."
    return (
        "wait for its end. If it has ended, remove "
        f"{left}, which counts as left behind when nothing in it has changed for ten minutes."
    )


def _check_free(out: Path, marker: str, overwrite: bool) -> None:
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError(f"{out}: a file of this name is in the way.")
    if not any(out.iterdir()):
        return
    if not (out / marker).exists():
        raise InputError(f"{out}: the folder holds other files (no {marker}); choose another.")
    if not overwrite:
        raise InputError(f"{out}: the folder exists already; --overwrite replaces it.")


def _put_in_place(partial: Path, out: Path) -> None:
    if not out.exists():
        partial.rename(out)
        return
    aside = out.with_name(f".{out.name}.replaced-{own_mark()}")
    out.rename(aside)
    try:
        partial.rename(out)
    except OSError:
        aside.rename(out)
        raise
    shutil.rmtree(aside)


def recover(out: Path) -> None:
    """Give a folder its content back that a killed process had set aside to replace it.

    A reader calls it before it takes the folder for missing.

    Args:
        out: The folder, which need not exist.
    """
    for aside, _ in _beside(out, alive=False, kinds=("replaced",)):
        if not out.exists():
            aside.rename(out)


def tidy(folder: Path) -> None:
    """Remove what killed processes left unfinished in a folder, or put it back where it belongs."""
    remove_partials(folder)
    for left in list(folder.iterdir()) if folder.is_dir() else ():
        found = _REPLACED.fullmatch(left.name)
        if found is not None and not is_alive(found[2], left):
            recover(left.with_name(found[1]))
            shutil.rmtree(left, ignore_errors=True)


def _beside(out: Path, *, alive: bool, kinds: tuple[str, ...] = _KINDS) -> list[tuple[Path, str]]:
    """Folders that processes left beside a folder, and each one's mark.

    Args:
        out: The folder.
        alive: Whether those of other living processes are asked for, or those of ended ones.
        kinds: Words in their names: `partial` for a new folder, `replaced` for an old one.
    """
    if not out.parent.is_dir():
        return []
    pattern = re.compile(rf"{re.escape(f'.{out.name}.')}({'|'.join(kinds)})-({MARK})")
    found = [(left, pattern.fullmatch(left.name)) for left in sorted(out.parent.iterdir())]
    return [(left, name[2]) for left, name in found if name and is_alive(name[2], left) == alive]
