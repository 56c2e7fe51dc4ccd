"""The embedded source `birds`: captioned pictures that this program draws itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from ..attribute import Attribute
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
from .drawn import Drawn
from .item import Item, Load

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
class Birds(Drawn):
    """Invented birds before painted backgrounds, ten captions each: data for a first run.

    The species take turns; pose, background, place, tint and light vary from picture to picture.
    Picture i depends on `seed` and i alone: more pictures leave the first ones as they are.
    Of ten successive pictures of a species eight are in `train`, one in `val`, one in `test`.
    """

    name: ClassVar[str] = "birds"
    preset: ClassVar[str] = "self-attention-gan-narrow"
    kinds: ClassVar[int] = len(SPECIES)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the species."""
        return tuple(species.name for species in SPECIES)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Colours, shapes, pattern, size, pose and background."""
        return _ATTRIBUTES

    def item(self, index: int, kind: int, split: str) -> Item:
        """A bird of species `kind`.

        Args:
            index: Number of the picture.
            kind: Number of the species.
            split: Name of the picture's split.
        """
        rng = np.random.default_rng((self.seed, index, 0))
        sighting = _sight(kind, rng)
        load, load_given = self.views(sighting, (self.seed, index, 1))
        return Item(
            id=f"bird-{index:06d}",
            split=split,
            load=load,
            captions=tuple(write_captions(sighting, rng)),
            label=kind,
            attributes=_indices(sighting),
            load_given=load_given,
        )

    def views(self, sighting: Sighting, seed: Sequence[int]) -> tuple[Load, Load | None]:
        """The bird's picture, and the one beside it from which it is to be made.

        Args:
            sighting: Sighting to draw.
            seed: Seed of all that the sighting leaves open.
        """
        return partial(draw_bird, sighting, seed), None


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
