"""`python -m pipelines.prepare SOURCE`: any source of pictures into the record format."""

import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
from .command import run
from .errors import InputError
from .images import sides_before_resizing
from .ordered import ordered_map
from .preparation import (
    Destination,
    check_start,
    options_of,
    parse,
    print_end,
    usable,
    without_notes,
)  # fmt: skip
from .records import DatasetInfo, Record, write_dataset
from .screen import console
from .sources import Broken, Item, Source
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

_ROOM = 76 / 64  # stored side / trained side: what a random crop moves in
# A record is a protobuf message, which ends at 2 GiB: room for both pictures of a pair.
_LARGEST = 8192
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
    """

    image_size: int = 64


def main() -> None:
    """Parse the command line and prepare."""
    source, arguments = parsed(sys.argv[1:])
    info = prepare(source, **asdict(arguments))
    _print_summary(info, arguments.out)
    print_end(info, source, arguments.out)


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
) -> DatasetInfo:
    """Write a source's pictures, cropped and resized, with their captions.

    Args:
        source: Source to read.
        out: Folder to create; it appears whole or not at all.
        image_size: Side of the pictures in training, in pixels.
        skip_broken: Whether to leave out files that cannot be used, instead of stopping at them.
        overwrite: Whether to replace a data set that is there already.

    Returns:
        Content of `dataset.json`.

    Raises:
        InputError: Some part of the source cannot be used, or `out` is taken.
    """
    out, source = check_start(out, source)
    whole_number(image_size, "--image-size", 4, _LARGEST)
    skipped: list[str] = []  # fills up while the records are written
    notes: list[str] = []  # as does this
    found: Iterator[Item | Broken] = without_notes(source.items(), notes)
    items = list(found)
    info = replace(_info(source, items, image_size), skipped=skipped, warnings=notes)
    screen = Console(file=sys.stderr)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(escape(f"{source.name} → {out}"), total=len(items))
        loaded = ordered_map(partial(_load, info.stored_size), items)
        records = usable(_once(_counted(loaded, image_size, notes)), skip_broken, skipped)
        tracked = progress.track(records, task_id=task)
        return write_dataset(out, info, tracked, overwrite=overwrite)


def _info(source: Source, items: list[Item | Broken], image_size: int) -> DatasetInfo:
    """Information that is known before the records are written."""
    return DatasetInfo(
        source=source.name,
        licence=source.licence,
        image_size=image_size,
        stored_size=round(image_size * _ROOM),
        classes=source.classes,
        attributes=source.attributes,
        paired=any(isinstance(item, Item) and item.load_given for item in items),
        options=options_of(source),
    )


@dataclass(frozen=True)
class _Loaded:
    """A record that is ready.

    Args:
        split: Name of its split.
        record: The record.
        side: Side of the smallest square that was cut out for it, in pixels; infinite of pictures
            that are drawn at any size.
    """

    split: str
    record: Record
    side: float


def _load(side: int, item: Item | Broken) -> _Loaded | Broken:
    """Make the record and its PNG; the error is returned, for it need not end the work."""
    if isinstance(item, Broken):
        return item
    try:
        with sides_before_resizing() as sides:
            image = item.load(side)
            given = item.load_given(side) if item.load_given else None
    except InputError as error:
        return Broken(error)
    record = Record(item.id, image, item.captions, item.label, item.attributes, given)
    _ = record.pngs  # here, in one of the threads
    return _Loaded(item.split, record, min(sides, default=math.inf))


def _counted(
    loaded: Iterable[_Loaded | Broken], image_size: int, notes: list[str]
) -> Iterator[tuple[str, Record] | Broken]:
    """The records with their splits; at the end a note on those that had to be enlarged."""
    small, total = [], 0
    for one in loaded:
        if isinstance(one, Broken):
            yield one
            continue
        total += 1
        if one.side < image_size:
            small.append(one.side)
        yield one.split, one.record
    if small:
        notes.append(
            f"warning: {len(small):,} of {total:,} pictures are enlarged to {image_size:,} pixels "
            f"(--image-size); the smallest is cut from {min(small):,.0f}."
        )


def _once(
    loaded: Iterable[tuple[str, Record] | Broken],
) -> Iterator[tuple[str, Record] | Broken]:
    """The records, with the reason in place of one that comes again."""
    seen: set[str] = set()
    for one in loaded:
        if isinstance(one, Broken):
            yield one
        elif one[1].id in seen:
            yield Broken(f"{one[1].id}: the picture appears twice.")
        else:
            seen.add(one[1].id)
            yield one


def _print_summary(info: DatasetInfo, out: Path) -> None:
    table = Table("split", "pictures", "captions", "classes", title=f"{info.source} → {out}")
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
