"""Pictures of a run that draws from labels."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from keras_t2i.images.grid import captioned_grid
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import open_picture, resized
from keras_t2i.tasks.base.formula import formula_names, parse_formula
from keras_t2i.tasks.base.layout import arrange, line
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.labels_to_image.sampler import LabelSampler

_NOISES_A_CONCEPT = 3
_LISTED = 6  # labels of a picture that are written beside it


def render(sampler: LabelSampler, request: GenerateOptions) -> list[Image.Image]:
    """Draw what is asked for.

    Raises:
        InputError: An impossible wish, or labels that the run does not know.
    """
    request.refuse(("attention", "translate"), "it draws from labels.")
    if request.reconstruct:
        return [_reconstructions(sampler, request.reconstruct)]
    if request.combinations:
        return [_combinations(sampler, request)]
    if request.arithmetic:
        return [_arithmetic(sampler, request)]
    if request.interpolate:
        return [_interpolation(sampler, request)]
    names = request.texts
    labels = _labels(sampler, names) if names else _unlabelled(sampler)
    rows = sampler.sample(
        labels.repeat(request.count, 0), _seeds(request, len(labels)), request.truncation
    )
    return arrange(names or ["any"], rows, request.grid)


def _labels(sampler: LabelSampler, names: Sequence[str]) -> np.ndarray:
    """Multi-hot rows; tells on stderr which combinations the training did not see."""
    labels = sampler.encode(names)
    for name in sampler.unseen(labels):
        print(f"no training picture has these labels: {name}", file=sys.stderr)
    return labels


def _unlabelled(sampler: LabelSampler) -> np.ndarray:
    """The one row of a run without labels."""
    if sampler.gan.network.label_dim:
        raise InputError(
            "Give --labels, or --file, --interpolate FROM TO, --arithmetic A + B - C, "
            f"--combinations GROUP GROUP, --reconstruct PICTURE. Labels: "
            f"{', '.join(sampler.schema.labels)}."
        )
    return np.zeros((1, sampler.schema.width), "float32")


def _seeds(request: GenerateOptions, rows: int) -> list[int]:
    return [request.seed + i for _ in range(rows) for i in range(request.count)]


def _interpolation(sampler: LabelSampler, request: GenerateOptions) -> Image.Image:
    """From one picture's latent to another's; each column has a noise of its own."""
    labels, columns = _labels(sampler, request.interpolate), []
    for i in range(request.count):
        seeds = [request.seed + i] * 2
        ends = sampler.latents(labels, seeds, request.truncation)
        shares, between = line(*ends)
        columns.append(sampler.decode(between))
    names = [f"{share:.2f} of: {request.interpolate[1]}" for share in shares]
    return captioned_grid(names, np.stack(columns, axis=1))


def _arithmetic(sampler: LabelSampler, request: GenerateOptions) -> Image.Image:
    """Mean latents of some noises a concept, added and subtracted (Radford et al. 2015, figure 7).

    Each row shows the noises' own pictures and last the picture of their mean.
    """
    formula = parse_formula(request.arithmetic)
    seeds = [request.seed + i for i in range(_NOISES_A_CONCEPT)]
    concepts = np.stack(
        [
            sampler.latents(labels[None].repeat(len(seeds), 0), seeds, request.truncation)
            for labels in _labels(sampler, [term for _, term in formula])
        ]
    )
    result = sum(sign * rows for (sign, _), rows in zip(formula, concepts, strict=True))
    latents = np.concatenate([concepts, result[None]])
    latents = np.concatenate([latents, latents.mean(1, keepdims=True)], axis=1)
    pictures = sampler.decode(latents.reshape(-1, latents.shape[-1]))
    headers = [f"noise {seed}" for seed in seeds] + ["mean"]
    shape = (*latents.shape[:2], *pictures.shape[1:])
    return captioned_grid(formula_names(formula), pictures.reshape(shape), headers=headers)


def _combinations(sampler: LabelSampler, request: GenerateOptions) -> Image.Image:
    """Every label of one group with every label of another, at the same noise."""
    schema = sampler.schema
    down, across = (schema.part(name) for name in request.combinations)
    if down == across:
        raise InputError("--combinations takes two different groups.")
    if len(request.labels) > 1:
        raise InputError("--combinations takes the --labels of one picture.")
    base = sampler.encode(request.labels or (schema.describe(schema.combinations()[0]),))[0]
    rows = []
    for i in range(down.start, down.stop):
        for j in range(across.start, across.stop):
            row = base.copy()
            row[down], row[across] = 0.0, 0.0
            row[[i, j]] = 1.0
            rows.append(row)
    pictures = sampler.sample(np.stack(rows), [request.seed] * len(rows), request.truncation)
    shape = (down.stop - down.start, across.stop - across.start, *pictures.shape[1:])
    return captioned_grid(
        schema.labels[down], pictures.reshape(shape), headers=schema.labels[across]
    )


def _reconstructions(sampler: LabelSampler, files: Sequence[Path]) -> Image.Image:
    """Each picture, its reconstruction beside it, and the labels read in it."""
    pictures = np.stack([resized(open_picture(file), sampler.image_size) for file in files])
    back, found = sampler.reconstruct(pictures), _sigmoid(sampler.read(pictures))
    names = []
    for file, row in zip(files, found, strict=True):
        likely = np.argsort(-row)[:_LISTED]
        read = ", ".join(f"{sampler.schema.labels[i]} {row[i]:.2f}" for i in likely)
        names.append(f"{file.name}: {read}")
        print(names[-1])
    return captioned_grid(names, np.stack([pictures, back], axis=1), headers=["given", "back"])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * logits))
