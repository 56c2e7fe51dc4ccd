"""`python -m pipelines.prepare SOURCE`: any source into the record format."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pipelines.command import run
from pipelines.errors import InputError
from pipelines.records import DatasetInfo, Record, write_dataset
from pipelines.sources import Broken, Item, Source
from pipelines.sources.birds import Birds
from pipelines.sources.cub import Cub
from pipelines.sources.folder import Folder

_ROOM = 76 / 64  # stored side / trained side: what a random crop moves in
_AHEAD = 64  # pictures in work at a time


@dataclass(frozen=True)
class Arguments:
    """Where the records go, and how.

    Args:
        out: The folder to create.
        image_size: Side at which to train, in pixels, at least 4; stored is 76/64 of it.
        skip_broken: Go on without what cannot be used, and list it.
        overwrite: Replace a data set that is at --out already.
    """

    out: Path
    image_size: int = 64
    skip_broken: bool = False
    overwrite: bool = False


def main() -> None:
    """Parse the command line and prepare."""

    def command(source: Any, arguments: Annotated[Arguments, tyro.conf.arg(name="")]) -> Any:
        return source, arguments

    subcommands = (
        Annotated[Birds, tyro.conf.subcommand("birds")]
        | Annotated[Cub, tyro.conf.subcommand("cub")]
        | Annotated[Folder, tyro.conf.subcommand("folder")]
    )
    command.__annotations__["source"] = Annotated[subcommands, tyro.conf.arg(name="")]
    source, arguments = tyro.cli(
        command,
        prog="python -m pipelines.prepare",
        description="Turn a source of captioned pictures into records to train on.",
        config=(tyro.conf.CascadeSubcommandArgs,),
    )
    info = prepare(source, **asdict(arguments))
    _print_summary(info, arguments.out)


def prepare(
    source: Source,
    out: Path,
    image_size: int = 64,
    skip_broken: bool = False,
    overwrite: bool = False,
) -> DatasetInfo:
    """Write a source's pictures, cropped and resized, with their captions.

    Args:
        source: What to read.
        out: The folder to create; it appears whole or not at all.
        image_size: Side at which to train, in pixels.
        skip_broken: Leave out what cannot be used instead of stopping at it.
        overwrite: Replace a data set that is there already.

    Returns:
        What `dataset.json` says.

    Raises:
        InputError: Something of the source cannot be used, or `out` is taken.
    """
    if image_size < 4:
        raise InputError(f"--image-size must be at least 4. Received: {image_size}.")
    skipped: list[str] = []
    info = DatasetInfo(
        source=source.name,
        licence=source.licence,
        image_size=image_size,
        stored_size=round(image_size * _ROOM),
        classes=source.classes,
        attributes=source.attributes,
        skipped=skipped,  # fills up while the records are written
        options={k: str(v) if isinstance(v, Path) else v for k, v in asdict(source).items()},
    )
    items = list(source.items())
    with Progress(console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(f"{source.name} → {out}", total=len(items))
        loaded = _loaded(items, info.stored_size, skip_broken, skipped)
        tracked = progress.track(loaded, task_id=task)
        return write_dataset(out, info, tracked, overwrite=overwrite)


def _loaded(
    items: list[Item | Broken], side: int, skip_broken: bool, skipped: list[str]
) -> Iterator[tuple[str, Record]]:
    """The items' records in order, a few pictures loaded ahead in threads."""
    seen: set[str] = set()
    with ThreadPoolExecutor() as pool:
        waiting = iter(items)
        ahead = [_start(pool, item, side) for item in islice(waiting, _AHEAD)]
        while ahead:
            item, picture = ahead.pop(0)
            ahead += [_start(pool, following, side) for following in islice(waiting, 1)]
            try:
                if isinstance(item, Broken):
                    raise InputError(item)
                if item.id in seen:
                    raise InputError(f"{item.id}: the picture appears twice.")
                seen.add(item.id)
                yield item.split, _record(item, picture.result())
            except InputError as error:
                if not skip_broken:
                    pool.shutdown(cancel_futures=True)
                    raise InputError(f"{error} (--skip-broken goes on without it.)") from error
                skipped.append(str(error))


def _start(
    pool: ThreadPoolExecutor, item: Item | Broken, side: int
) -> tuple[Item | Broken, Future | None]:
    return item, None if isinstance(item, Broken) else pool.submit(item.load, side)


def _record(item: Item, image: np.ndarray) -> Record:
    return Record(item.id, image, item.captions, item.label, item.attributes)


def _print_summary(info: DatasetInfo, out: Path) -> None:
    table = Table("split", "pictures", "captions", "classes", title=f"{info.source} → {out}")
    for name, split in info.splits.items():
        table.add_row(name, f"{split.pictures:,}", f"{split.captions:,}", str(split.classes))
    Console().print(table)
    for line in (f"skipped: {line}" for line in info.skipped):
        print(line, file=sys.stderr)
    if info.skipped:
        print(f"{len(info.skipped)} skipped; dataset.json lists them.", file=sys.stderr)
    print(f"Next: python -m keras_t2i.fit self-attention-gan-narrow --data {out} --run runs/{out.name}")


if __name__ == "__main__":
    run(main)
