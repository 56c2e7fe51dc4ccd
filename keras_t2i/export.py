"""`python -m keras_t2i.export`: a run as a SavedModel for TensorFlow Serving."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from keras_t2i.opening import drawn_by
from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.training.run import Run, write_json


@dataclass(frozen=True)
class Arguments:
    """Export a trained run as the next version of a SavedModel.

    Args:
        run: The run folder.
        out: The model's folder; the export becomes out/1, out/2, …
        best: Export the best state that `fit --watch.every` kept, not the last.
    """

    run: Annotated[Path, tyro.conf.Positional]
    out: Path
    best: bool = False


def main() -> None:
    """Parse the command line and export."""
    arguments = tyro.cli(Arguments, prog="python -m keras_t2i.export")
    print(export(Run(arguments.run, best=arguments.best), arguments.out))


def export(run: Run, out: Path) -> Path:
    """Write the run's model as the next version under `out`; returns the version's folder.

    The version appears under its number at once and whole: a server that watches the folder never
    loads half of it. With it go warm-up requests and a model card (`assets.extra/`).

    Raises:
        InputError: The run is not trained far enough, or `out` is a file.
    """
    if out.is_file():
        raise InputError(f"--out {out} must be a folder; it is a file.")
    experiment = run.experiment
    load_tensorflow()
    from keras_t2i.exporting.model_card import FILE, model_card
    from keras_t2i.exporting.warmup import write_warmup

    task = experiment.task(run, run.data)
    archive = task.archive()
    out.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(p.name) for p in out.iterdir() if p.name.isdigit()), default=0)
    partial = out / f".{version}.partial-{os.getpid()}"
    try:
        archive.write_out(str(partial), verbose=False)
        write_warmup(partial, task.example_text, task.image_size)
        write_json(partial / "assets.extra" / FILE, model_card(run, drawn_by(task)))
        partial.rename(out / str(version))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return out / str(version)


if __name__ == "__main__":
    run_command(main)
