"""`generate`: pictures of a trained run."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from keras_t2i.commands.imports import without_imports
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.tasks.base.options import GenerateOptions

if TYPE_CHECKING:
    from PIL import Image


def main() -> None:
    """Parse the command line and draw."""
    words = _with_minuses(without_imports(sys.argv[1:]))
    options = tyro.cli(GenerateOptions, args=words, prog="python -m keras_t2i.generate")
    for path in draw(options):
        print(path)


def _with_minuses(words: Iterable[str]) -> list[str]:
    """The words of the command line, with each lone minus of the arithmetic made no option."""
    option, found = "", []
    for word in words:
        if word.startswith("--"):
            option = word.partition("=")[0]
        found.append(" -" if word == "-" and option == "--arithmetic" else word)
    return found


def draw(options: GenerateOptions) -> list[Path]:
    """Draw for the options of `generate`; returns the files written.

    Raises:
        InputError: No run, or options that contradict each other or are impossible.
    """
    from keras_t2i.loading import found_run, task_of
    from keras_t2i.training.run import Run

    task = task_of(Run(found_run(options.run), best=options.best))
    options.check(task.options, task.kind)
    paths = places(options.out, task.names(options))
    check_writable({path.parent for path in paths})
    if not options.overwrite:
        check_free([path.with_suffix(s) for path in paths for s in (path.suffix, *task.beside)])
    load_tensorflow()
    return save(task.render(options), paths)


def places(out: Path, names: Sequence[str]) -> list[Path]:
    """The files to write: `out`, or PNG files in it.

    Args:
        out: A file of one picture, or a folder.
        names: Names of the pictures, without suffix.

    Raises:
        InputError: An impossible place, or several pictures for one file.
    """
    from keras_t2i.images.saving import SUFFIXES

    if out.suffix.lower() in SUFFIXES:
        if out.is_dir():
            raise InputError(f"--out {out} ends in {out.suffix}, but is a folder.")
        if len(names) > 1:
            raise InputError(
                f"--out {out} is one file for {len(names)} pictures; give a folder, or --grid."
            )
        return [out]
    if not out.is_dir() and (out.exists() or out.suffix):
        raise InputError(
            f"--out {out} must be a folder or end in {', '.join(SUFFIXES)}; a new folder has no "
            "dot in its name."
        )
    return [out / f"{name}.png" for name in names]


def check_writable(folders: Iterable[Path]) -> None:
    """Refuse folders in which nothing can be written, before anything is drawn.

    Raises:
        InputError: A folder that cannot be made, or is closed to the user.
    """
    for folder in folders:
        nearest = next(p for p in (folder, *folder.absolute().parents) if p.exists())
        if not nearest.is_dir():
            raise InputError(f"--out: {nearest} is a file, and cannot hold {folder}.")
        if not os.access(nearest, os.W_OK):
            raise InputError(f"--out: nothing can be written to {nearest}.")


def check_free(paths: Sequence[Path]) -> None:
    """Refuse files that are there already.

    Raises:
        InputError: A file that would be overwritten.
    """
    taken = [path for path in paths if path.exists()]
    if taken:
        others = f" So do {len(taken) - 1} others." if len(taken) > 1 else ""
        raise InputError(
            f"{taken[0]} exists already; --overwrite replaces it, --out gives another place."
            f"{others}"
        )


def save(images: "Sequence[Image.Image]", paths: Sequence[Path]) -> list[Path]:
    """Write images to files, and what belongs beside them; returns the files."""
    from keras_t2i.images.grid import BESIDE
    from keras_t2i.images.saving import save_picture
    from keras_t2i.pipelines.whole_file import write_bytes

    for path, image in zip(paths, images, strict=True):
        save_picture(image, path)
        for suffix, data in image.info.get(BESIDE, {}).items():
            write_bytes(path.with_suffix(suffix), data)
    return list(paths)
