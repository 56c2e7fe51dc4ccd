"""`python -m keras_t2i.generate`: pictures of a trained run."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from keras_t2i.pipelines.command import run as run_command
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.lazy import load_tensorflow
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from PIL import Image


def main() -> None:
    """Parse the command line and draw."""
    # A lone minus is a word of the arithmetic, not an option.
    words = [" -" if word == "-" else word for word in sys.argv[1:]]
    request = tyro.cli(GenerateOptions, args=words, prog="python -m keras_t2i.generate")
    for path in draw(request):
        print(path)


def draw(request: GenerateOptions) -> list[Path]:
    """Draw what is asked for; returns the files written.

    Raises:
        InputError: No run, contradictory or impossible wishes.
    """
    request.check()
    run = Run(request.run, best=request.best)
    experiment = run.experiment
    load_tensorflow()
    return save(experiment.task(run, run.data).render(request), request.out)


def save(images: Sequence["Image.Image"], out: Path) -> list[Path]:
    """Write one image to a PNG file, or all of them into a folder, and what belongs beside them.

    Raises:
        InputError: Several images for one file, or a file where the folder should be.
    """
    from keras_t2i.images.grid import BESIDE, save_png

    if out.suffix.lower() == ".png":
        if len(images) > 1:
            raise InputError(
                f"--out {out} is one file for {len(images)} pictures; give a folder, or --grid."
            )
        paths = [out]
    elif out.is_file():
        raise InputError(f"--out {out} must be a folder or end in .png; it is another file.")
    else:
        paths = [out / f"{i:05d}.png" for i in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        save_png(image, path)
        for suffix, data in image.info.get(BESIDE, {}).items():
            path.with_suffix(suffix).write_bytes(data)
    return paths


if __name__ == "__main__":
    run_command(main)
