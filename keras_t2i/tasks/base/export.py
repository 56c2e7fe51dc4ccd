"""A run as a SavedModel for TensorFlow Serving."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json

if TYPE_CHECKING:
    from keras_t2i.tasks.base.task import Task


def export(task: "Task", out: Path) -> Path:
    """Write a run's model as the next version under `out`; returns the version's folder.

    The version appears under its number at once and whole: a server that watches the folder never
    loads half of it. With it go warm-up requests and a model card (`assets.extra/`).

    Args:
        task: The run.
        out: Folder of the model's versions; it is created.

    Raises:
        InputError: The run is not trained far enough, or `out` is a file.
    """
    from keras_t2i.exporting.model_card import FILE, model_card
    from keras_t2i.exporting.warmup import write_warmup

    if out.is_file():
        raise InputError(f"--out {out} must be a folder; it is a file.")
    archive, subject = task.archive(), task.subject() if task.scored else None
    out.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(p.name) for p in out.iterdir() if p.name.isdigit()), default=0)
    partial = out / f".{version}.partial-{os.getpid()}"
    try:
        archive.write_out(str(partial), verbose=False)
        write_warmup(partial, task.example_inputs())
        write_json(partial / "assets.extra" / FILE, model_card(task.run, subject))
        partial.rename(out / str(version))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return out / str(version)
