"""`python -m pipelines.prepare SOURCE`: any source of pictures into the record format."""

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from .arguments import whole_number
from .beam_filling import fill_by_beam, pipeline_of
from .command import run
from .dataset_info import INFO_FILE, PLAN_FILE, DatasetInfo
from .errors import InputError
from .filling import fill
from .finished import Finished, complete_plan, finished_in
from .plan import Part, Plan, Unit, digest_of, listed, units_of
from .preparation import (
    Destination,
    check_start,
    options_of,
    parse,
    print_end,
    without_notes,
)  # fmt: skip
from .record_writer import SHARDS
from .remote.address import named
from .remote.output import written
from .screen import console
from .sources import Item, Source
from .sources.bird_maps import BirdMaps
from .sources.birds import Birds
from .sources.celeba import CelebA
from .sources.coco import Coco
from .sources.cub import Cub
from .sources.faces import Faces
from .sources.folder import Folder
from .sources.labelled import Labelled
from .sources.montage import Montage
from .sources.pairs import Pairs
from .sources.parquet import Parquet
from .sources.plain import Pictures
from .sources.webdataset import WebDataset
from .whole_folder import whole_folder

_ROOM = 76 / 64  # stored side / trained side: what a random crop moves in
# A record is a protobuf message, which ends at 2 GiB: room for both pictures of a pair.
_LARGEST = 8192
_MOST_SHARDS = 99_999  # a shard's number has five digits
_Filling = Callable[..., dict[str, Finished]]
_LISTED = 20  # combinations of labels that are printed
_Sources = (
    Annotated[Birds, tyro.conf.subcommand("birds")]
    | Annotated[BirdMaps, tyro.conf.subcommand("bird-maps")]
    | Annotated[CelebA, tyro.conf.subcommand("celeba")]
    | Annotated[Coco, tyro.conf.subcommand("coco")]
    | Annotated[Cub, tyro.conf.subcommand("cub")]
    | Annotated[Faces, tyro.conf.subcommand("faces")]
    | Annotated[Folder, tyro.conf.subcommand("folder")]
    | Annotated[Labelled, tyro.conf.subcommand("labelled")]
    | Annotated[Montage, tyro.conf.subcommand("montage")]
    | Annotated[Pairs, tyro.conf.subcommand("pairs")]
    | Annotated[Parquet, tyro.conf.subcommand("parquet")]
    | Annotated[Pictures, tyro.conf.subcommand("pictures")]
    | Annotated[WebDataset, tyro.conf.subcommand("webdataset")]
)


@dataclass(frozen=True)
class Arguments(Destination):
    """Folder and size of the records.

    Args:
        image_size: Side of the pictures in training, in pixels, from 4 to 8192; they are stored at
            76/64 of it.
        shards: Number of files of each split, at most.
        workers: Number of processes that load pictures, for sources that draw or convert in Python;
            0 takes threads, which are as fast for files.
        shard: Part i/n of the shards to write on this machine, such as 0/4; `merge` joins the
            parts.
        runner: Runner of Apache Beam whose workers write the shards, such as direct or flink; all
            of them must see the folders under the same paths. Needs the extra `beam`.
        runner_options: Further options of Beam in one text, such as "--flink_master=HOST:PORT".
    """

    image_size: int = 64
    shards: int = SHARDS
    workers: int = 0
    shard: str | None = None
    runner: str | None = None
    runner_options: str = ""


def main() -> None:
    """Parse the command line and prepare."""
    source, arguments = parsed(sys.argv[1:])
    with written(arguments.out, arguments.overwrite, arguments.shard) as out:
        info = prepare(source, **{**asdict(arguments), "out": out})
    if arguments.shard is not None:
        print(f"Next, with all parts: python -m {__package__}.merge PART PART … --out FOLDER")
        return
    print_summary(info, arguments.out)
    print_end(info, source.preset, arguments.out)


def parsed(words: Sequence[str]) -> tuple[Source, Arguments]:
    """The source and the destination of a command line.

    Args:
        words: SOURCE [options] --out FOLDER.

    Raises:
        InputError: The first word is no source; the message names the nearest.
    """
    description = "Turn a source of pictures into records to train on."
    return parse(_Sources, Arguments, __spec__.name, description, words)


def prepare(
    source: Source,
    out: Path | str,
    image_size: int = 64,
    skip_broken: bool = False,
    overwrite: bool = False,
    shards: int = SHARDS,
    workers: int = 0,
    shard: str | None = None,
    runner: str | None = None,
    runner_options: str = "",
) -> DatasetInfo:
    """Write a source's pictures, cropped and resized, with their captions.

    A preparation that was killed, or ended by Ctrl-C, goes on when it is begun again with the same
    source and options: the shards that it finished are kept. Pictures that have been altered
    meanwhile, under the same names, are not noticed in these.

    Args:
        source: Source to read.
        out: Folder to create; it appears whole or not at all.
        image_size: Side of the pictures in training, in pixels.
        skip_broken: Whether to leave out files that cannot be used, instead of stopping at them.
        overwrite: Whether to replace a data set that is there already.
        shards: Number of files of a split, at most.
        workers: Number of processes that load pictures; 0 takes threads of this one.
        shard: Part `i/n` of the shards to write, for `pipelines.merge`; by default all.
        runner: Runner of Apache Beam whose workers write the shards.
        runner_options: Further options of Beam, as on a command line.

    Returns:
        Content of `dataset.json`; of a part, what is known of it beforehand.

    Raises:
        InputError: Some part of the source cannot be used, or `out` is taken.
    """
    out, source = check_start(out, source)
    whole_number(image_size, "--image-size", 4, _LARGEST)
    whole_number(shards, "--shards", 1, _MOST_SHARDS)
    whole_number(workers, "--workers", 0)
    filling = _filling(workers, runner, runner_options)
    plan, units = planned(source, image_size, skip_broken, shards, Part.of(shard))
    marker = INFO_FILE if shard is None else PLAN_FILE
    try:
        with whole_folder(out, marker, overwrite, partial(_goes_on, plan)) as folder:
            plan.save(folder)
            done = _filled(folder, plan, units, filling, f"{source.name} → {out}")
            return complete_plan(folder, plan, done) if shard is None else plan.info
    except KeyboardInterrupt:
        print("What is finished is kept: the same command goes on with it.", file=sys.stderr)
        raise


def planned(
    source: Source, image_size: int, skip_broken: bool, shards: int, part: Part
) -> tuple[Plan, list[Unit]]:
    """The plan of a preparation, and the shards of its part.

    Args:
        source: Source to read.
        image_size: Side of the pictures in training, in pixels.
        skip_broken: Whether what cannot be used is left out.
        shards: Number of files of a split, at most.
        part: The part of the shards that is asked for.

    Raises:
        InputError: Something in the source's list cannot be used and is not to be skipped.
    """
    notes: list[str] = []
    items, broken = listed(without_notes(source.items(), notes))
    if broken and not skip_broken:
        raise InputError(f"{broken[0][1]} (--skip-broken goes on without it.)")
    splits = Counter(item.split for _, item in items)
    counts = {split: min(shards, splits[split]) for split in sorted(splits)}
    info = replace(_info(source, (item for _, item in items), image_size), warnings=notes)
    digest = digest_of(items)
    plan = Plan(info, counts, digest, tuple(broken), skip_broken, source.preset, part)
    return plan, list(units_of(items, counts))[part.number :: part.count]


def _info(source: Source, items: Iterable[Item], image_size: int) -> DatasetInfo:
    """Information that is known before the records are written."""
    return DatasetInfo(
        source=source.name,
        licence=source.licence,
        image_size=image_size,
        stored_size=round(image_size * _ROOM),
        classes=source.classes,
        attributes=source.attributes,
        paired=any(item.load_given is not None for item in items),
        options=options_of(source),
    )


def _goes_on(plan: Plan, left: Path) -> bool:
    """Whether a folder that a killed process left is of the same preparation; both are said."""
    if plan.is_of(left):
        print(f"Going on: {len(finished_in(left))} shards are finished.", file=sys.stderr)
        return True
    if (left / PLAN_FILE).exists():
        print(
            "Beginning anew: what was left unfinished is of other options, or of a source that "
            "has changed.",
            file=sys.stderr,
        )
    return False


def _filling(workers: int, runner: str | None, runner_options: str) -> _Filling:
    """Function that writes the shards: by threads, processes or a cluster.

    Raises:
        InputError: Options that go with another of these.
    """
    if runner is None:
        if runner_options:
            raise InputError("--runner-options goes with --runner.")
        return partial(fill, workers=workers)
    if workers:
        raise InputError("--workers are processes of this machine: leave it out with --runner.")
    try:
        options = shlex.split(runner_options)
    except ValueError as error:
        raise InputError(f"--runner-options: {error}. Received: {runner_options!r}.") from error
    return partial(fill_by_beam, pipeline=pipeline_of(runner, options))


def _filled(
    folder: Path, plan: Plan, units: Sequence[Unit], filling: _Filling, what: str
) -> dict[str, Finished]:
    """The shards, written behind a bar of progress."""
    screen = Console(file=sys.stderr)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task(escape(what), total=sum(len(unit.items) for unit in units))
        return filling(folder, plan, units, tell=partial(bar.advance, task))


def print_summary(info: DatasetInfo, out: Path) -> None:
    """Print tables of what a data set holds.

    Args:
        info: Content of `dataset.json`.
        out: Folder of the data.
    """
    table = Table("split", "pictures", "captions", "classes", title=f"{info.source} → {named(out)}")
    for name, split in info.splits.items():
        table.add_row(name, f"{split.pictures:,}", f"{split.captions:,}", str(split.classes))
    console().print(table)
    if not info.classes:
        _print_counts("label", info.label_counts)
        _print_counts("combination", info.combination_counts, most=_LISTED)


def _print_counts(kind: str, counts: dict[str, dict[str, int]], most: int | None = None) -> None:
    """A table of pictures per label or combination and split; `most` of the most frequent."""
    totals: Counter[str] = Counter()
    for split in counts.values():
        totals.update(split)
    rows = totals.most_common(most) if most else list(totals.items())
    table = Table(kind, *counts, "all")
    for name, total in rows:
        table.add_row(
            name or "none", *(f"{split.get(name, 0):,}" for split in counts.values()), f"{total:,}"
        )
    if rows:
        console().print(table)
    if len(totals) > len(rows):
        print(f"and {len(totals) - len(rows):,} further {kind}s; dataset.json lists them.")


if __name__ == "__main__":
    run(main)
