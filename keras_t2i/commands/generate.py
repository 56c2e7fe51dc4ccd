"""`generate`: pictures of a trained run."""

import sys
from collections.abc import Sequence
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
    # A lone minus is a word of the arithmetic, not an option.
    words = [" -" if word == "-" else word for word in without_imports(sys.argv[1:])]
    options = tyro.cli(GenerateOptions, args=words, prog="python -m keras_t2i.generate")
    for path in draw(options):
        print(path)


def draw(options: GenerateOptions) -> list[Path]:
    """Draw for the options of `generate`; returns the files written.

    Raises:
        InputError: No run, or options that contradict each other or are impossible.
    """
    from keras_t2i.loading import found_run, task_of
    from keras_t2i.training.run import Run

    task = task_of(Run(found_run(options.run), best=options.best))
    options.check(task.options, task.kind)
    check_out(options)
    load_tensorflow()
    return save(task.render(options), options.out)


def check_out(options: GenerateOptions) -> None:
    """Refuse an impossible place for the pictures before they are drawn.

    Raises:
        InputError: A file where a folder must be.
    """
    out = options.out
    if out.suffix.lower() == ".png":
        if out.is_dir():
            raise InputError(f"--out {out} ends in .png, but is a folder.")
    elif out.is_file():
        raise InputError(f"--out {out} must be a folder or end in .png; it is another file.")


def save(images: "Sequence[Image.Image]", out: Path) -> list[Path]:
    """Write one image to a PNG file, or all of them into a folder, and what belongs beside them.

    Raises:
        InputError: Several images for one file.
    """
    from keras_t2i.images.grid import BESIDE, save_png

    if out.suffix.lower() == ".png":
        if len(images) > 1:
            raise InputError(
                f"--out {out} is one file for {len(images)} pictures; give a folder, or --grid."
            )
        paths = [out]
    else:
        paths = [out / f"{i:05d}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        save_png(image, path)
        for suffix, data in image.info.get(BESIDE, {}).items():
            path.with_suffix(suffix).write_bytes(data)
    return paths
