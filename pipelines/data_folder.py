"""Layout of all prepared data sets on disk: files by split, and a `dataset.json` about them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from .dataset_info import INFO_FILE, DatasetInfo, SplitInfo
from .errors import InputError
from .verified import is_verified, note_verified
from .whole_file import write_json


def complete(
    folder: Path, info: DatasetInfo, splits: Mapping[str, SplitInfo], warnings: Iterable[str] = ()
) -> DatasetInfo:
    """Write the `dataset.json` of a folder whose files are all there.

    Args:
        folder: The folder (`whole_folder`).
        info: Information that is known beforehand.
        splits: The splits by name.
        warnings: Lines on anything that deserves a look, beside those of the source.

    Returns:
        The information with its splits and warnings.

    Raises:
        InputError: There is no split `train`.
    """
    if "train" not in splits:
        raise InputError(_nothing_to_train_on(info, splits))
    info = replace(
        info,
        splits=dict(splits),
        skipped=tuple(info.skipped),
        warnings=(*info.warnings, *warnings),
    )
    write_json(folder / INFO_FILE, info.to_json())
    return info


def open_split(directory: Path, split: str, kind: str) -> tuple[DatasetInfo, SplitInfo]:
    """Information from `dataset.json` about a data set and one split, whose files are checked.

    Large files are read for that once, and again when their size or time has changed (`verified`).

    Args:
        directory: Folder of the data set.
        split: Name of the split.
        kind: Kind of the records (`DatasetInfo.kind`).

    Raises:
        InputError: No such folder or split, records of another type, a missing or altered file.
    """
    info = DatasetInfo.load(directory)
    info.require(directory, kind)
    if split not in info.splits:
        raise InputError(
            f"{directory} has no split {split!r}. It has: {', '.join(info.splits) or 'none'}."
        )
    held = info.splits[split]
    if not is_verified(Path(directory), split, held):
        _verify(Path(directory), held)
        note_verified(Path(directory), split, held)
    return info, held


def _verify(directory: Path, held: SplitInfo) -> None:
    for name, digest in held.shards.items():
        path = directory / name
        if not path.exists():
            raise InputError(f"{path}: the file is missing; prepare the data again.")
        if sha256_of(path) != digest:
            raise InputError(
                f"{path}: the file is cut short or altered: its sha256 is not the one of "
                f"{INFO_FILE}. Prepare the data again."
            )


def sha256_of(path: Path) -> str:
    """Digest of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _nothing_to_train_on(info: DatasetInfo, splits: Iterable[str]) -> str:
    held = ", ".join(sorted(splits))
    found = (
        f"all {info.kind} are in {held}: there is no train split"
        if held
        else f"no {info.kind} are left"
    )
    skipped = f" {len(info.skipped)} skipped, first: {info.skipped[0]}" if info.skipped else ""
    return f"{info.source}: {found}; nothing was written.{skipped}"
