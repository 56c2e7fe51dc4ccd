"""Perceptual distances between pictures of two sets."""

import numpy as np

from keras_t2i.metrics.extractors import Extractor, GivesMaps
from keras_t2i.metrics.inputs import Unavailable
from keras_t2i.metrics.perceptual import perceptual_distance
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.resizing import clean

_PART = 8  # pictures whose maps are held at a time

Side = tuple[PictureSet, np.ndarray]
"""A set of pictures, and N rows of it."""


def pair_distances(extractor: Extractor, one: Side, other: Side) -> np.ndarray:
    """The perceptual distance of each row of one side to the same row of the other: float64 (N,).

    Raises:
        Unavailable: The extractor shows no maps.
    """
    network = require_maps(extractor)
    parts = []
    for start in range(0, len(one[1]), _PART):
        part = slice(start, start + _PART)
        first, second = (
            network.maps(clean(pictures.read(rows[part]), network.size))
            for pictures, rows in (one, other)
        )
        parts.append(perceptual_distance(first, second, network.heads))
    return np.concatenate(parts)


def require_maps(extractor: Extractor) -> GivesMaps:
    """The extractor, as one that shows its maps.

    Raises:
        Unavailable: The extractor shows no maps.
    """
    if not isinstance(extractor, GivesMaps):
        raise Unavailable(f"{extractor.name} gives no maps")
    return extractor
