"""`python -m pipelines.merge`: parts that several machines have prepared into one data set."""

import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from .command import run
from .data_folder import sha256_of
from .dataset_info import INFO_FILE, DatasetInfo
from .errors import InputError
from .finished import Finished, complete_plan, finished_in
from .plan import Plan
from .preparation import print_end
from .prepare import print_summary
from .remote.output import written
from .whole_folder import whole_folder
from .writable import require_folder


@dataclass(frozen=True)
class Arguments:
    """Join the parts of a data set that `prepare --shard i/n` has written.

    Args:
        parts: Folders of the parts, in any order. They stay; their files are linked where all lie
            on one disk, else copied.
        out: Folder to create, or an address such as gs://bucket/data/birds.
        overwrite: Whether to replace a data set that is at --out already.
    """

    parts: Annotated[tuple[Path, ...], tyro.conf.Positional]
    out: Path
    overwrite: bool = False


def main() -> None:
    """Parse the command line and join."""
    arguments = tyro.cli(
        Arguments, prog=f"python -m {__spec__.name}", args=sys.argv[1:], description=None
    )
    with written(arguments.out, arguments.overwrite) as out:
        info = merge(arguments.parts, out, arguments.overwrite)
    print_summary(info, arguments.out)
    print_end(info, Plan.load(arguments.parts[0]).preset, arguments.out)


def merge(parts: Sequence[Path], out: Path, overwrite: bool = False) -> DatasetInfo:
    """Join parts; the result is that of a preparation which was not shared.

    Args:
        parts: Folders of all parts, in any order.
        out: Folder to create; it appears whole or not at all.
        overwrite: Whether to replace a data set that is there already.

    Returns:
        Content of `dataset.json`.

    Raises:
        InputError: A part is missing, damaged, given twice, or of another data set; or `out` is
            taken.
    """
    plans = {Path(part): Plan.load(Path(part)) for part in parts}
    _check(plans, len(parts))
    require_folder(out, "--out")
    finished: dict[str, Finished] = {}
    with whole_folder(out, INFO_FILE, overwrite) as folder:
        for part in sorted(plans, key=lambda part: plans[part].part.number):
            held = finished_in(part)
            _bring(part, held, folder)
            finished |= held
        first = min(plans.values(), key=lambda plan: plan.part.number)
        _check_all(first, finished)
        return complete_plan(folder, first, finished)


def _check(plans: dict[Path, Plan], given: int) -> None:
    """Refuse parts of several data sets, and others than all of one."""
    if not given:
        raise InputError("PART: give the folders of all parts.")
    first, plan = next(iter(plans.items()))
    for part, other in plans.items():
        if not plan.fits(other):
            raise InputError(
                f"{part} is of another preparation than {first}: source, options or number of "
                "parts differ."
            )
    numbers = sorted(plan.part.number for plan in plans.values())
    if len(plans) < given or len(set(numbers)) < len(numbers):
        raise InputError("A part is given twice.")
    if missing := sorted(set(range(plan.part.count)) - set(numbers)):
        names = ", ".join(f"{number}/{plan.part.count}" for number in missing)
        raise InputError(f"A part is missing: {names}.")


def _check_all(plan: Plan, finished: Iterable[str]) -> None:
    if missing := sorted(set(plan.names) - set(finished)):
        raise InputError(f"{missing[0]}: the file is missing; copy the part again.")


def _bring(part: Path, shards: dict[str, Finished], folder: Path) -> None:
    """Link or copy shards into a folder, and compare them with their digests."""
    for name, held in shards.items():
        file, new = part / name, folder / name
        if not file.exists():
            raise InputError(f"{file}: the file is missing; copy the part again.")
        try:
            os.link(file, new)
        except OSError:  # another disk, or one without links
            shutil.copyfile(file, new)
        if sha256_of(new) != held.shard.digest:
            raise InputError(f"{file}: the file is cut short or altered; copy the part again.")


if __name__ == "__main__":
    run(main)
