"""Colours for drawing: between two, darker, tinted, varied."""

from collections.abc import Iterable

import numpy as np

Colour = tuple[int, int, int]  # red, green, blue, each in 0 … 255


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two.

    Args:
        one: First colour.
        other: Second colour.
        share: Share of the second colour, in [0, 1].
    """
    return _colour(round(a + share * (b - a)) for a, b in zip(one, other, strict=True))


def shaded(colour: Colour, gain: float) -> Colour:
    """A colour darker by a gain below 1, or lighter by one above."""
    return _colour(int(min(255, part * gain)) for part in colour)


def tinted(colour: Colour, tint: np.ndarray) -> Colour:
    """A colour whose parts have a gain each, (3,)."""
    return _colour(int(part) for part in np.clip(np.array(colour) * tint, 0, 255))


def varied(colour: Colour, rng: np.random.Generator, amount: float = 12) -> Colour:
    """A colour darker or lighter by chance.

    Args:
        colour: The colour.
        rng: Source of random numbers.
        amount: Standard deviation of the random change of all its parts.
    """
    return _colour(int(np.clip(p, 0, 255)) for p in np.array(colour) + rng.normal(0, amount))


def _colour(parts: Iterable[int]) -> Colour:
    red, green, blue = parts
    return red, green, blue
