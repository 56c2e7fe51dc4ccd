"""Pictures of a run that draws from noise alone."""

import numpy as np
from PIL import Image

from keras_t2i.images.grid import plain_grid
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names, parse_formula
from keras_t2i.tasks.base.layout import INTERPOLATION_STEPS, arrange, line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.unconditional.sampler import NoiseSampler

_COLUMNS = 8


def render(sampler: NoiseSampler, request: GenerateOptions) -> list[Image.Image]:
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
        return [_interpolation(sampler, request)]
    if request.arithmetic:
        return [_arithmetic(sampler, request)]
    seeds = range(request.seed, request.seed + request.count)
    pictures = sampler.sample(seeds, request.truncation)
    if not request.grid:
        return arrange(["any"], pictures, together=False)
    rows = len(pictures) // min(_COLUMNS, len(pictures))
    columns = len(pictures) // rows
    kept = pictures[: rows * columns]
    return [plain_grid(kept.reshape(rows, columns, *pictures.shape[1:]))]


def _concept(sampler: NoiseSampler, text: str, truncation: float) -> np.ndarray:
    """The mean noise of seeds, float32 (noise_dim,)."""
    try:
        seeds = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise InputError(
            f'A run of noise alone takes seeds, such as "3" or "3, 17, 40". Received: {text!r}.'
        ) from error
    return sampler.noise(seeds, truncation).mean(0)


def _interpolation(sampler: NoiseSampler, request: GenerateOptions) -> Image.Image:
    """Eight steps from one noise to another, on a straight line."""
    ends = [_concept(sampler, text, request.truncation) for text in request.interpolate]
    between = sampler.decode(line(*ends)[1])
    return plain_grid(between.reshape(1, INTERPOLATION_STEPS, *between.shape[1:]))


def _arithmetic(sampler: NoiseSampler, request: GenerateOptions) -> Image.Image:
    """Each concept's picture, then that of the sum."""
    formula = parse_formula(request.arithmetic)
    concepts = np.stack([_concept(sampler, text, request.truncation) for _, text in formula])
    signs = np.array([sign for sign, _ in formula], "float32")
    rows = np.concatenate([concepts, [signs @ concepts]])
    names = [name if name.startswith("=") else f"seeds {name}" for name in formula_names(formula)]
    return arrange(names, sampler.decode(rows), together=True)[0]
