"""Pictures of a run that draws from noise alone."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from keras_t2i.exporting.loaded import checked_seed
from keras_t2i.images.grid import plain_grid
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names, parse_formula, signed_sum
from keras_t2i.tasks.base.layout import INTERPOLATION_STEPS, arrange, line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.unconditional.sampler import NoiseSampler

_COLUMNS = 8


def render(sampler: NoiseSampler, options: GenerateOptions) -> list[Image.Image]:
    """Draw for the options; in the place of texts stand seeds, or several: "3, 17, 40".

    Several seeds stand for the mean of their noises: a concept (Radford et al. 2015, 6.3.2).

    Raises:
        InputError: Texts that are no seeds.
    """
    if options.interpolate:
        return [_interpolation(sampler, options.interpolate, options)]
    if options.arithmetic:
        return [_arithmetic(sampler, options.arithmetic, options)]
    seeds = range(options.seed, options.seed + options.count)
    pictures = sampler.sample(seeds, options.truncation)
    if not options.grid:
        return arrange(["any"], pictures, together=False)
    rows = len(pictures) // min(_COLUMNS, len(pictures))
    columns = len(pictures) // rows
    kept = pictures[: rows * columns]
    return [plain_grid(kept.reshape(rows, columns, *pictures.shape[1:]))]


def concept(sampler: NoiseSampler, text: str, truncation: float) -> np.ndarray:
    """The mean noise of seeds such as "3" or "3, 17, 40", float32 (noise_dim,).

    Args:
        sampler: The trained generator.
        text: Whole numbers with commas between them.
        truncation: Factor of the noise in [0, 1].

    Raises:
        InputError: A text that is no such list, or a seed that is no number of 64 bits.
    """
    try:
        seeds = [int(part) for part in str(text).split(",")]
    except ValueError as error:
        raise InputError(
            f'A run of noise alone takes seeds, such as "3" or "3, 17, 40". Received: {text!r}.'
        ) from error
    return sampler.noise([checked_seed(seed) for seed in seeds], truncation).mean(0)


def _interpolation(
    sampler: NoiseSampler, ends: tuple[str, str], options: GenerateOptions
) -> Image.Image:
    """Eight steps from one noise to another, on a straight line."""
    start, end = (concept(sampler, text, options.truncation) for text in ends)
    between = sampler.decode(line(start, end)[1])
    return plain_grid(between.reshape(1, INTERPOLATION_STEPS, *between.shape[1:]))


def _arithmetic(
    sampler: NoiseSampler, words: Sequence[str], options: GenerateOptions
) -> Image.Image:
    """Each concept's picture, then that of the sum."""
    formula = parse_formula(words)
    concepts = np.stack([concept(sampler, text, options.truncation) for _, text in formula])
    rows = np.stack([*concepts, signed_sum(formula, concepts)])
    names = [name if name.startswith("=") else f"seeds {name}" for name in formula_names(formula)]
    return arrange(names, sampler.decode(rows), together=True)[0]
