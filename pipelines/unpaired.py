"""Pictures of two domains as an endless, seeded, resumable tf.data pipeline (`pipelines.batching`).

The domains are two classes or labels of one data set; which picture of the one stands beside which
of the other, is chance.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

import numpy as np

from .attributes import AttributeSchema
from .batching import Batch, Batching, BatchOptions
from .dataset_info import DatasetInfo
from .errors import InputError
from .held import RowsOf
from .lazy import tf
from .pictures import CROP_AND_FLIP, DataAugmentation, augmented_pictures
from .records import Split
from .spelling import did_you_mean

if TYPE_CHECKING:
    import tensorflow as tf

StepAndRows = tuple["tf.Tensor", "tf.Tensor"]


def pictures_of(split: Split, domain: str) -> Split:
    """The pictures of a domain (`rows_of_kind`); only their images.

    Raises:
        InputError: A domain that `rows_of_kind` refuses.
    """
    return replace(split, images=RowsOf(split.images, rows_of_kind(split, domain)))


def rows_of_kind(split: Split, domain: str) -> np.ndarray:
    """Mask of the pictures that are of a class, or have a label, bool (N,).

    Args:
        split: The records.
        domain: Name of a class, or of a label; `attribute: label` where several have it.

    Raises:
        InputError: No such class or label, several attributes have it, or no picture has it.
    """
    domains = _domains(split)
    found = {name: domains[name] for name in domains_named(split.info, domain)}
    rows = next(iter(found.values()))
    if any((other != rows).any() for other in found.values()):
        raise InputError(f"Several attributes have {domain!r}; give one of: {', '.join(found)}.")
    if not rows.any():
        raise InputError(f"No picture is of {domain!r}.")
    return rows


def domains_named(info: DatasetInfo, domain: str) -> list[str]:
    """The classes and labels that a domain's name may mean, each with its group.

    Args:
        info: Description of the data set.
        domain: Name of a class, or of a label; `attribute: label` where several have it.

    Raises:
        InputError: No such class or label; the message names the nearest.
    """
    domains = _domain_names(info)
    found = [name for name in domains if domain in (name, name.rpartition(": ")[2])]
    if not found:
        names = {name.rpartition(": ")[2] for name in domains} | {*domains}
        hint = did_you_mean(domain, names)
        known = ", ".join(domains) or "none"
        raise InputError(f"The data have no class or label {domain!r}.{hint} They have: {known}.")
    return found


def _domain_names(info: DatasetInfo) -> list[str]:
    """The names of all classes, and of all labels with their groups."""
    return [*info.classes, *(f"{a.name}: {value}" for a in info.attributes for value in a.values)]


def _domains(split: Split) -> dict[str, np.ndarray]:
    """Every class and label, and which rows (N,) are of it."""
    domains = {name: split.labels == i for i, name in enumerate(split.info.classes)}
    if split.info.attributes:
        schema = AttributeSchema(split.info.attributes)
        held = schema.multi_hot(split.attributes) > 0.5
        names = _domain_names(split.info)[len(split.info.classes) :]
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
