"""`python -m pipelines.prepare_melodies`: MIDI files, or tunes that are composed here."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import tyro
from rich.table import Table

from .command import run
from .dataset_info import DatasetInfo
from .melodies import Piece, write_melodies
from .midi import STEPS
from .preparation import (
    Destination,
    check_start,
    options_of,
    parse,
    print_end,
    usable,
    without_notes,
)  # fmt: skip
from .remote.address import named
from .remote.output import written
from .screen import console
from .sources import Broken
from .sources.midi_files import MidiFiles
from .sources.tunes import Tunes

_Sources = (
    Annotated[Tunes, tyro.conf.subcommand("tunes")]
    | Annotated[MidiFiles, tyro.conf.subcommand("midi")]
)


def main() -> None:
    """Parse the command line and prepare."""
    description = "Turn MIDI files, or tunes composed here, into bars to train on."
    source, arguments = parse(_Sources, Destination, __spec__.name, description, sys.argv[1:])
    with written(arguments.out, arguments.overwrite) as out:
        info = prepare_melodies(source, **{**asdict(arguments), "out": out})
    table = Table("split", "bars", title=f"{info.source} → {named(arguments.out)}")
    for name, split in info.splits.items():
        table.add_row(name, f"{split.pictures:,}")
    console().print(table)
    print_end(info, source.preset, arguments.out)


def prepare_melodies(
    source: Tunes | MidiFiles, out: Path | str, skip_broken: bool = False, overwrite: bool = False
) -> DatasetInfo:
    """Write a source's melodies.

    Args:
        source: Source to read.
        out: Folder to create; it appears whole or not at all.
        skip_broken: Whether to leave out files that cannot be used, instead of stopping at them.
        overwrite: Whether to replace a data set that is there already.

    Returns:
        Content of `dataset.json`; its `pictures` are bars.

    Raises:
        InputError: Some part of the source cannot be used, or `out` is taken.
    """
    out, source = check_start(out, source)
    skipped: list[str] = []
    notes: list[str] = []
    info = DatasetInfo(
        source=source.name,
        licence=source.licence,
        image_size=STEPS,
        stored_size=STEPS,
        skipped=skipped,  # this and the warnings fill up while the pieces are read
        warnings=notes,
        options=options_of(source),
    )
    pieces: Iterator[tuple[str, Piece] | Broken] = without_notes(source.pieces(), notes)
    return write_melodies(out, info, usable(pieces, skip_broken, skipped), overwrite)


if __name__ == "__main__":
    run(main)
