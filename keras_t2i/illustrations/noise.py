"""Pictures of a run that draws from noise alone."""

import numpy as np
from PIL import Image

from keras_t2i.illustrations.formula import formula_names, parse_formula
from keras_t2i.illustrations.request import Request
from keras_t2i.illustrations.sheets import INTERPOLATION_STEPS, arrange, line
from keras_t2i.noise_painter import NoisePainter
from keras_t2i.pictures.grid import plain_grid
from pipelines.errors import InputError

_COLUMNS = 8


def illustrate(painter: NoisePainter, request: Request) -> list[Image.Image]:
    """Draw what is asked for; in the place of texts stand seeds, or several: "3, 17, 40".

    Several seeds stand for the mean of their noises: a concept (Radford et al. 2015, 6.3.2).

    Raises:
        InputError: An impossible wish, or texts that are no seeds.
    """
    refused = (
        "captions",
        "labels",
        "file",
        "attention",
        "combinations",
        "reconstruct",
        "translate",
    )
    request.refuse(refused, "it draws from noise alone; give --count N.")
    if request.interpolate:
        return [_interpolation(painter, request)]
    if request.arithmetic:
        return [_arithmetic(painter, request)]
    seeds = range(request.seed, request.seed + request.count)
    pictures = painter.paint(seeds, request.truncation)
    if not request.grid:
        return arrange(["any"], pictures, together=False)
    rows = len(pictures) // min(_COLUMNS, len(pictures))
    columns = len(pictures) // rows
    kept = pictures[: rows * columns]
    return [plain_grid(kept.reshape(rows, columns, *pictures.shape[1:]))]


def _concept(painter: NoisePainter, text: str, truncation: float) -> np.ndarray:
    """The mean noise of seeds, float32 (noise_dim,)."""
    try:
        seeds = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f'A run of noise alone takes seeds, such as "3" or "3, 17, 40". Received: {text!r}.'
        ) from error
    return painter.noise(seeds, truncation).mean(0)


def _interpolation(painter: NoisePainter, request: Request) -> Image.Image:
    """Eight steps from one noise to another, on a straight line."""
    ends = [_concept(painter, text, request.truncation) for text in request.interpolate]
    between = painter.decode(line(*ends)[1])
    return plain_grid(between.reshape(1, INTERPOLATION_STEPS, *between.shape[1:]))


def _arithmetic(painter: NoisePainter, request: Request) -> Image.Image:
    """Each concept's picture, then that of the sum."""
    formula = parse_formula(request.arithmetic)
    concepts = np.stack([_concept(painter, text, request.truncation) for _, text in formula])
    signs = np.array([sign for sign, _ in formula], "float32")
    rows = np.concatenate([concepts, [signs @ concepts]])
    names = [name if name.startswith("=") else f"seeds {name}" for name in formula_names(formula)]
    return arrange(names, painter.decode(rows), together=True)[0]
