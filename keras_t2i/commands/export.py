"""`export`: a run as a SavedModel for TensorFlow Serving."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.commands.imports import without_imports
from keras_t2i.exporting.version import check_folder
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.pipelines.remote.address import address_of, is_address
from keras_t2i.training.run import Run


@dataclass(frozen=True)
class Arguments:
    """Export a trained run as the next version of a SavedModel.

    Args:
        run: Run folder, or its address, such as gs://bucket/runs/birds.
        out: Folder of the model, or its address; the export becomes out/1, out/2, …
        best: Whether the best state that `fit --watch.every` kept is exported, not the last.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Path
    best: bool = False


def main() -> None:
    """Parse the command line and export."""
    words = without_imports(sys.argv[1:])
    arguments = tyro.cli(Arguments, args=words, prog="python -m keras_t2i.export")
    from keras_t2i.loading import found_run

    version = export(Run(found_run(arguments.run), best=arguments.best), arguments.out)
    out = arguments.out
    print(f"{address_of(out)}/{version.name}" if is_address(out) else version)


def export(run: Run, out: Path) -> Path:
    """Write the run's model as the next version under `out`; returns the version's folder.

    Raises:
        InputError: The run is not trained far enough, or `out` is a file.
    """
    from keras_t2i.loading import task_of

    check_folder(out)
    task = task_of(run)
    load_tensorflow()
    return task.export(out)
