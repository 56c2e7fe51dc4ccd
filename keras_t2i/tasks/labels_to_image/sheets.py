"""Pictures of a run that draws from labels."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from keras_t2i.exporting.loaded import counted_seeds
from keras_t2i.images.files import named_pictures
from keras_t2i.images.given import read_pictures
from keras_t2i.images.grid import captioned_grid
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.formula import formula_names, parse_formula, signed_sum
from keras_t2i.tasks.base.layout import arrange, line, share_names
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

_NOISES_A_CONCEPT = 3
_LISTED = 6  # labels of a picture that are written beside it


def render(sampler: LabelSampler, options: GenerateOptions) -> list[Image.Image]:
    """Draw for the options of `generate`.

    Raises:
        InputError: An impossible option, or labels that the run does not know.
    """
    if options.reconstruct:
        return [_reconstructions(sampler, options.reconstruct)]
    if options.combinations:
        return [_combinations(sampler, options.combinations, options)]
    if options.arithmetic:
        return [_arithmetic(sampler, options.arithmetic, options)]
    if options.interpolate:
        return [_interpolation(sampler, options.interpolate, options)]
    names = options.texts
    labels = _labels(sampler, names) if names else _unlabelled(sampler)
    rows = sampler.sample(
        labels.repeat(options.count, 0), _seeds(options, len(labels)), options.truncation
    )
    return arrange(names or ["any"], rows, options.grid)


def _labels(sampler: LabelSampler, names: Sequence[str]) -> np.ndarray:
    """Multi-hot rows; tells on stderr which combinations the training did not see."""
    labels = sampler.encode(names)
    for name in sampler.unseen(labels):
        print(f"no training picture has these labels: {name}", file=sys.stderr)
    return labels


def _unlabelled(sampler: LabelSampler) -> np.ndarray:
    """The one row of a run without labels."""
    if sampler.generator.label_dim:
        raise InputError(
            "Give --labels, or --file, --interpolate FROM TO, --arithmetic A + B - C, "
            f"--combinations GROUP GROUP, --reconstruct PICTURE. Labels: "
            f"{', '.join(sampler.schema.labels)}."
        )
    return np.zeros((1, sampler.schema.width), "float32")


def _seeds(options: GenerateOptions, rows: int) -> list[int]:
    return [options.seed + i for _ in range(rows) for i in range(options.count)]


def _interpolation(
    sampler: LabelSampler, ends: tuple[str, str], options: GenerateOptions
) -> Image.Image:
    """Steps from one picture's latent to another's; each column has a noise of its own."""
    labels, columns = _labels(sampler, ends), []
    for i in range(options.count):
        seeds = [options.seed + i] * 2
        start, end = sampler.latents(labels, seeds, options.truncation)
        shares, between = line(start, end)
        columns.append(sampler.decode(between))
    return captioned_grid(share_names(shares, ends[1]), np.stack(columns, axis=1))


def _arithmetic(
    sampler: LabelSampler, words: Sequence[str], options: GenerateOptions
) -> Image.Image:
    """Mean latents of some noises a concept, added and subtracted (Radford et al. 2015, figure 7).

    Each row shows the noises' own pictures and last the picture of their mean.
    """
    formula = parse_formula(words)
    labels = _labels(sampler, [term for _, term in formula])
    seeds, latents = concepts(sampler, formula, labels, options.seed, options.truncation)
    latents = np.concatenate([latents, latents.mean(1, keepdims=True)], axis=1)
    pictures = sampler.decode(latents.reshape(-1, latents.shape[-1]))
    headers = [f"noise {seed}" for seed in seeds] + ["mean"]
    shape = (*latents.shape[:2], *pictures.shape[1:])
    return captioned_grid(formula_names(formula), pictures.reshape(shape), headers=headers)


def concepts(
    sampler: LabelSampler,
    formula: Sequence[tuple[float, str]],
    labels: np.ndarray,
    seed: int,
    truncation: float,
) -> tuple[list[int], np.ndarray]:
    """Latents of each term of a formula, and last of its sum, by some noises.

    Args:
        sampler: The trained parts.
        formula: Signs and terms.
        labels: Labels of the terms, multi-hot (terms, n).
        seed: Seed of the first noise.
        truncation: Factor of the noise in [0, 1].

    Returns:
        The noises' seeds, and latents float32 (terms + 1, seeds, L).
    """
    seeds = list(counted_seeds(seed, _NOISES_A_CONCEPT))
    found = np.stack(
        [sampler.latents(row[None].repeat(len(seeds), 0), seeds, truncation) for row in labels]
    )
    return seeds, np.concatenate([found, signed_sum(formula, found)[None]])


def _combinations(
    sampler: LabelSampler, groups: tuple[str, str], options: GenerateOptions
) -> Image.Image:
    """Every label of one group with every label of another, at the same noise."""
    schema = sampler.schema
    down, across = (schema.part(name) for name in groups)
    if down == across:
        raise InputError("--combinations takes two different groups.")
    if len(options.labels) > 1:
        raise InputError("--combinations takes the --labels of one picture.")
    base = sampler.encode(options.labels or (schema.describe(schema.combinations()[0]),))[0]
    rows = []
    for i in range(down.start, down.stop):
        for j in range(across.start, across.stop):
            row = base.copy()
            row[down], row[across] = 0.0, 0.0
            row[[i, j]] = 1.0
            rows.append(row)
    pictures = sampler.sample(np.stack(rows), [options.seed] * len(rows), options.truncation)
    shape = (down.stop - down.start, across.stop - across.start, *pictures.shape[1:])
    return captioned_grid(
        schema.labels[down], pictures.reshape(shape), headers=schema.labels[across]
    )


def _reconstructions(sampler: LabelSampler, files: Sequence[Path]) -> Image.Image:
    """Each picture, its reconstruction beside it, and the labels read in it."""
    given = named_pictures(files, "--reconstruct")
    pictures = read_pictures([one.path for one in given], sampler.image_size)
    back, found = sampler.reconstruct(pictures), _sigmoid(sampler.read(pictures))
    names = []
    for one, row in zip(given, found, strict=True):
        likely = np.argsort(-row)[:_LISTED]
        read = ", ".join(f"{sampler.schema.labels[i]} {row[i]:.2f}" for i in likely)
        names.append(f"{one.path.name}: {read}")
        print(names[-1])
    return captioned_grid(names, np.stack([pictures, back], axis=1), headers=["given", "back"])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * logits))
