"""The embedded source `birds`: captioned pictures that this program draws itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from ..attribute import Attribute
from ..errors import InputError
from .bird_captions import write_captions
from .bird_drawing import draw_bird
from .bird_species import (
    BACKGROUNDS,
    BILL_SHAPES,
    COLOURS,
    HIDING_PLACES,
    PATTERNS,
    POSES,
    POSES_BY_BACKGROUND,
    SIZES,
    SPECIES,
    Sighting,
)
from .item import Item

_ATTRIBUTES = (
    Attribute("body colour", COLOURS),
    Attribute("wing colour", COLOURS),
    Attribute("crown colour", COLOURS),
    Attribute("breast colour", COLOURS),
    Attribute("bill colour", COLOURS),
    Attribute("bill shape", BILL_SHAPES),
    Attribute("pattern", PATTERNS),
    Attribute("size", SIZES),
    Attribute("pose", POSES),
    Attribute("background", BACKGROUNDS),
)


@dataclass(frozen=True)
class Birds:
    """Invented birds before painted backgrounds, ten captions each: data for a first run.

    The species take turns; pose, background, place, tint and light vary from picture to picture.
    Picture i depends on `seed` and i alone: more pictures leave the first ones as they are.
    Of ten successive pictures of a species eight are in `train`, one in `val`, one in `test`.

    Args:
        pictures: How many, at least 1.
        seed: Of the whole source, at least 0.

    Raises:
        InputError: A number is too small.
    """

    pictures: int = 2000
    seed: int = 0

    name: ClassVar[str] = "birds"
    licence: ClassVar[str] = "CC0 1.0 (drawn by this program)"
    preset: ClassVar[str] = "self-attention-gan-narrow"

    def __post_init__(self) -> None:
        for field, least in (("pictures", 1), ("seed", 0)):
            if getattr(self, field) < least:
                raise InputError(
                    f"birds: {field} must be at least {least}. Received: {getattr(self, field)}."
                )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the species."""
        return tuple(species.name for species in SPECIES)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Colours, shapes, pattern, size, pose and background."""
        return _ATTRIBUTES

    def items(self) -> Iterator[Item]:
        """All pictures; each is drawn when its `load` is called."""
        return (self._item(index) for index in range(self.pictures))

    def _item(self, index: int) -> Item:
        turn, label = divmod(index, len(SPECIES))
        rng = np.random.default_rng((self.seed, index, 0))
        sighting = _sight(label, rng)
        return Item(
            id=f"bird-{index:06d}",
            # Staggered over the species, so that a small set has all three splits too.
            split={8: "val", 9: "test"}.get((turn + label) % 10, "train"),
            load=partial(draw_bird, sighting, (self.seed, index, 1)),
            captions=tuple(write_captions(sighting, rng)),
            label=label,
            attributes=_indices(sighting),
        )


def _sight(label: int, rng: np.random.Generator) -> Sighting:
    """Choose a background on which the species shows, and what the bird does there."""
    species = SPECIES[label]
    hidden = HIDING_PLACES.get(species.body, ())
    places = [background for background in BACKGROUNDS if background not in hidden]
    background = places[rng.integers(len(places))]
    poses = POSES_BY_BACKGROUND[background]
    return Sighting(species, poses[rng.integers(len(poses))], background)


def _indices(sighting: Sighting) -> tuple[int, ...]:
    bird = sighting.species
    colours = (bird.body, bird.wing, bird.crown, bird.breast, bird.bill)
    looks = (bird.bill_shape, bird.pattern, bird.size)
    true = (*colours, *looks, sighting.pose, sighting.background)
    return tuple(a.values.index(value) for a, value in zip(_ATTRIBUTES, true, strict=True))
