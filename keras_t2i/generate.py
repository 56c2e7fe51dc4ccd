"""`python -m keras_t2i.generate`: pictures of a trained run."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from keras_t2i.run import Run
from pipelines.command import run as run_command
from pipelines.errors import InputError
from pipelines.lazy import load_tensorflow

if TYPE_CHECKING:
    from PIL import Image

    from keras_t2i.painter import Painter

_INTERPOLATION_STEPS = 8
_SIGNS = {"+": 1.0, "-": -1.0}


@dataclass(frozen=True)
class Arguments:
    """Draw pictures for captions with a trained run.

    Args:
        run: The run folder.
        captions: The captions.
        file: A text file with a caption a line, in the captions' place.
        interpolate: Go from one caption to another in eight steps.
        arithmetic: Add and subtract captions' embeddings: "a" - "b" + "c".
        attention: Draw the captions' words coloured by attention, not pictures.
        seed: The noise of a caption's first picture; the next ones take the next numbers.
        count: Pictures a caption.
        truncation: Factor of the noise in [0, 1]: less variety, more typical pictures.
        grid: Draw captions and pictures into one PNG.
        out: A PNG file, or a folder that gets a PNG a picture.
    """

    run: Annotated[Path, tyro.conf.Positional]
    captions: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    file: Path | None = None
    interpolate: tuple[str, str] | None = None
    arithmetic: tuple[str, ...] | None = None
    attention: bool = False
    seed: int = 0
    count: int = 1
    truncation: float = 1.0
    grid: bool = False
    out: Path = Path("pictures")


def main() -> None:
    """Parse the command line and draw."""
    # A lone minus is a word of the arithmetic, not an option.
    words = [" -" if word == "-" else word for word in sys.argv[1:]]
    arguments = tyro.cli(Arguments, args=words, prog="python -m keras_t2i.generate")
    for path in draw(arguments):
        print(path)


def draw(arguments: Arguments) -> list[Path]:
    """Draw what the arguments ask for; returns the files written.

    Raises:
        InputError: No run, no captions, contradictory or impossible wishes.
    """
    wishes = [arguments.captions, arguments.file, arguments.interpolate, arguments.arithmetic]
    if sum(bool(wish) for wish in wishes) != 1:
        raise InputError(
            "Give either captions, or --file, or --interpolate FROM TO, or --arithmetic A + B - C."
        )
    if arguments.count < 1:
        raise InputError(f"--count must be at least 1. Received: {arguments.count}.")
    formula = parse_formula(arguments.arithmetic) if arguments.arithmetic else None
    captions = list(arguments.captions) or read_captions(arguments.file)
    painter = load(arguments.run)
    if arguments.interpolate:
        names, embedding = interpolated(painter, *arguments.interpolate)
    elif formula:
        names, embedding = combined(painter, formula)
    else:
        names, encoded = captions, painter.encode(captions)
        warn_of_unknown_words(painter, captions)
        if arguments.attention:
            from keras_t2i.pictures.attention import encoded_attention

            picture = encoded_attention(painter.tokenizer.vocabulary, encoded["tokens"], encoded)
            return save([picture], arguments.out)
        embedding = encoded["embedding"]
    seeds = [arguments.seed + i for _ in names for i in range(arguments.count)]
    rows = painter.paint(embedding.repeat(arguments.count, 0), seeds, arguments.truncation)
    return save(arrange(arguments, names, rows), arguments.out)


def load(path: Path) -> "Painter":
    """The painter of a run folder, as far as it is trained."""
    run = Run(path)
    experiment = run.experiment
    load_tensorflow()
    return experiment.workshop(run, run.data).painter


def read_captions(file: Path | None) -> list[str]:
    """The captions of a text file, one a line; none without a file.

    Raises:
        InputError: No such file, not UTF-8, an empty line, nothing in it.
    """
    if file is None:
        return []
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not readable as UTF-8 text ({error}).") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            raise InputError(f"{file}, line {number}: the caption is empty.")
    if not lines:
        raise InputError(f"{file}: there is no caption in it.")
    return lines


def parse_formula(words: Sequence[str]) -> list[tuple[float, str]]:
    """Signed captions of `a - b + c`.

    Raises:
        InputError: Captions and signs do not alternate.
    """
    words = [word.strip() for word in words]
    captions, signs = words[::2], words[1::2]
    if len(words) < 3 or len(captions) != len(signs) + 1 or not set(signs) <= set(_SIGNS):
        raise InputError(
            '--arithmetic takes captions with + or - between them: "a" - "b" + "c". '
            f"Received: {' '.join(words)}."
        )
    return list(zip([1.0, *(_SIGNS[sign] for sign in signs)], captions, strict=True))


def interpolated(painter: "Painter", start: str, end: str) -> tuple[list[str], np.ndarray]:
    """Embeddings on the line between two captions, ends included, and their names."""
    first, last = painter.encode([start, end])["embedding"]
    shares = np.linspace(0.0, 1.0, _INTERPOLATION_STEPS, dtype="float32")
    embedding = np.stack([(1 - share) * first + share * last for share in shares])
    return [f"{share:.2f} of: {end}" for share in shares], embedding


def combined(painter: "Painter", formula: list[tuple[float, str]]) -> tuple[list[str], np.ndarray]:
    """The formula's captions, and last its result, as rows."""
    embedding = painter.encode([caption for _, caption in formula])["embedding"]
    result = sum(sign * row for (sign, _), row in zip(formula, embedding, strict=True))
    text = " ".join(f"{'+' if sign > 0 else '-'} {caption}" for sign, caption in formula)
    names = [caption for _, caption in formula] + [f"= {text.removeprefix('+ ')}"]
    return names, np.concatenate([embedding, [result]])


def warn_of_unknown_words(painter: "Painter", captions: Sequence[str]) -> None:
    """Tell on stderr which words the model will not understand, and which it will not read."""
    for caption in captions:
        unknown = painter.tokenizer.unknown_words(caption)
        if unknown:
            print(f"not known, ignored: {', '.join(unknown[:8])}", file=sys.stderr)
        left_out = len(painter.tokenizer.words(caption)) - (painter.tokenizer.length - 2)
        if left_out > 0:
            print(f"too long, the last {left_out} words are not read", file=sys.stderr)


def arrange(arguments: Arguments, names: Sequence[str], rows: np.ndarray) -> list["Image.Image"]:
    """One sheet if the pictures belong together, else a picture each."""
    from PIL import Image

    from keras_t2i.pictures.grid import captioned_grid

    if arguments.grid or arguments.interpolate or arguments.arithmetic:
        table = rows.reshape(len(names), arguments.count, *rows.shape[1:])
        return [captioned_grid(names, table)]
    return [Image.fromarray(row) for row in rows]


def save(images: Sequence["Image.Image"], out: Path) -> list[Path]:
    """Write one image to a PNG file, or all of them into a folder.

    Raises:
        InputError: Several images for one file, or a file where the folder should be.
    """
    from keras_t2i.pictures.grid import save_png

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
    return paths


if __name__ == "__main__":
    run_command(main)
