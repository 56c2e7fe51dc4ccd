"""`python -m pipelines.prepare_melodies`: MIDI files, or tunes that are composed here."""

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.table import Table

from .command import run
from .dataset_info import DatasetInfo
from .errors import InputError
from .melodies import Piece, write_melodies
from .midi import STEPS
from .sources import Broken
from .sources.midi_files import MidiFiles
from .sources.tunes import Tunes

_Sources = (
    Annotated[Tunes, tyro.conf.subcommand("tunes")]
    | Annotated[MidiFiles, tyro.conf.subcommand("midi")]
)


@dataclass(frozen=True)
class Arguments:
    """Where the melodies go, and how.

    Args:
        out: The folder to create.
        skip_broken: Go on without what cannot be used, and list it.
        overwrite: Replace a data set that is at --out already.
    """

    out: Path
    skip_broken: bool = False
    overwrite: bool = False


def main() -> None:
    """Parse the command line and prepare."""
    source, arguments = tyro.cli(
        _parsed,
        prog="python -m pipelines.prepare_melodies",
        description="Turn MIDI files, or tunes composed here, into bars to train on.",
        config=(tyro.conf.CascadeSubcommandArgs,),
    )
    info = prepare_melodies(source, **asdict(arguments))
    table = Table("split", "bars", title=f"{info.source} → {arguments.out}")
    for name, split in info.splits.items():
        table.add_row(name, f"{split.pictures:,}")
    Console().print(table)
    for line in info.skipped:
        print(f"skipped: {line}", file=sys.stderr)
    run_folder = Path("runs") / arguments.out.name
    print(f"Next: python -m keras_t2i.fit midi-net --data {arguments.out} --run {run_folder}")


def _parsed(
    source: Annotated[_Sources, tyro.conf.arg(name="")],
    arguments: Annotated[Arguments, tyro.conf.arg(name="")],
) -> tuple[_Sources, Arguments]:
    return source, arguments


def prepare_melodies(
    source: Tunes | MidiFiles, out: Path, skip_broken: bool = False, overwrite: bool = False
) -> DatasetInfo:
    """Write a source's melodies.

    Args:
        source: What to read.
        out: The folder to create; it appears whole or not at all.
        skip_broken: Leave out what cannot be used instead of stopping at it.
        overwrite: Replace a data set that is there already.

    Returns:
        What `dataset.json` says; its `pictures` are bars.

    Raises:
        InputError: Something of the source cannot be used, or `out` is taken.
    """
    skipped: list[str] = []

    def usable() -> Iterator[tuple[str, Piece]]:
        for found in source.pieces():
            if not isinstance(found, Broken):
                yield found
            elif skip_broken:
                skipped.append(str(found))
            else:
                raise InputError(f"{found} (--skip-broken goes on without it.)")

    info = DatasetInfo(
        source=source.name,
        licence=source.licence,
        image_size=STEPS,
        stored_size=STEPS,
        skipped=skipped,  # fills up while the pieces are read
        options={k: str(v) if isinstance(v, Path) else v for k, v in asdict(source).items()},
    )
    return write_melodies(out, info, usable(), overwrite)


if __name__ == "__main__":
    run(main)
