"""`launch`: workers on this machine that train one run together."""

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.workers import train_together


@dataclass(frozen=True)
class Arguments:
    """Options that stand before the command.

    Args:
        workers: Number of worker processes.
        logs: Folder of the output of all workers but the first, whose output is shown; by default
            a new folder, which is named where a worker fails.
    """

    workers: int = 2
    logs: Path | None = None


def main() -> None:
    """Start the workers, and end as they end."""
    words = sys.argv[1:]
    at = words.index("fit") if "fit" in words else len(words)
    arguments = tyro.cli(
        Arguments,
        args=words[:at],
        prog="python -m keras_t2i.launch [options] fit [PRESET] [options of fit]",
        description="Train one run by several worker processes on this machine.\n\nWhat follows "
        "`fit` is the command of each worker. The same command goes on where it stopped.",
    )
    if arguments.workers < 1:
        raise InputError(f"--workers must be at least 1. Received: {arguments.workers}.")
    if at == len(words):
        raise InputError("launch starts `fit`: give `fit`, a preset and its options.")
    sys.exit(
        train_together(["-m", "keras_t2i.fit", *words[at + 1 :]], arguments.workers, arguments.logs)
    )
