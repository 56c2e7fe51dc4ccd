"""Pictures of two domains as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`).

The domains are two classes or labels of one data set; which picture of the one stands beside which
of the other, is chance.
"""

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .attributes import AttributeSchema
from .batching import Batch, Batching, BatchOptions
from .errors import InputError
from .lazy import tf
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
from .records import Split

if TYPE_CHECKING:
    import tensorflow as tf

StepAndRows = tuple["tf.Tensor", "tf.Tensor"]


def pictures_of(split: Split, domain: str) -> Split:
    """The pictures of a domain (`rows_of_kind`); only their images.

    Raises:
        InputError: A domain that `rows_of_kind` refuses.
    """
    return replace(split, images=split.images[rows_of_kind(split, domain)])


def rows_of_kind(split: Split, domain: str) -> np.ndarray:
    """Mask of the pictures that are of a class, or have a label, bool (N,).

    Args:
        split: The records.
        domain: Name of a class, or of a label; `attribute: label` where several have it.

    Raises:
        InputError: No such class or label, several attributes have it, or no picture has it.
    """
    domains = _domains(split)
    found = {n: rows for n, rows in domains.items() if domain in (n, n.rpartition(": ")[2])}
    if not found:
        names = {n.rpartition(": ")[2] for n in domains} | {*domains}
        near = difflib.get_close_matches(domain, names)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(domains) or "none"
        raise InputError(f"The data have no class or label {domain!r}.{hint} They have: {known}.")
    rows = next(iter(found.values()))
    if any((other != rows).any() for other in found.values()):
        raise InputError(f"Several attributes have {domain!r}; give one of: {', '.join(found)}.")
    if not rows.any():
        raise InputError(f"No picture is of {domain!r}.")
    return rows


def _domains(split: Split) -> dict[str, np.ndarray]:
    """Every class and label, and which rows (N,) are of it."""
    domains = {name: split.labels == i for i, name in enumerate(split.info.classes)}
    if split.info.attributes:
        schema = AttributeSchema(split.info.attributes)
        held = schema.multi_hot(split.attributes) > 0.5
        names = [f"{a.name}: {value}" for a in split.info.attributes for value in a.values]
        domains |= {name: held[:, column] for column, name in enumerate(names)}
    return domains


def unpaired_pictures(
    domain_a: Split,
    domain_b: Split,
    batch_size: int,
    *,
    augmentation: DataAugmentation = CROP_AND_FLIP,
    **options: Unpack[BatchOptions],
) -> "tf.data.Dataset":
    """An endless dataset of pictures of one domain, beside as many of another.

    Args:
        domain_a: Pictures of the one domain (`pictures_of`).
        domain_b: Pictures of the other.
        batch_size: Pictures of each domain in a global batch, B.
        augmentation: DataAugmentation of each picture.
        **options: Seed, first step, shards and prefetching (`pipelines.batching.BatchOptions`).

    Returns:
        Dictionaries with `first`, of domain A, and `second`, of domain B: float32
        (B / num_shards, H, W, 3) in [-1, 1].

    Raises:
        InputError: No pictures, or a batch size that the shards do not divide.
    """
    batching = Batching(batch_size, **options)
    # The domains are drawn apart.
    drawn_a = replace(batching, seed=2 * batching.seed)
    drawn_b = replace(batching, seed=2 * batching.seed + 1)
    pictures_a = augmented_pictures(domain_a, drawn_a, augmentation)
    pictures_b = augmented_pictures(domain_b, drawn_b, augmentation)

    def load(a: StepAndRows, b: StepAndRows) -> Batch:
        return {"first": pictures_a(*a)[0], "second": pictures_b(*b)[0]}

    orders = drawn_a.order(len(domain_a.images)), drawn_b.order(len(domain_b.images))
    return batching.dataset(tf.data.Dataset.zip(orders), load)
