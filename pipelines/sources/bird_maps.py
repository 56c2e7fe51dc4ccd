"""The drawn birds in pairs: a map of a bird's parts, and the bird."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from .bird_drawing import draw_bird, draw_parts
from .bird_species import Sighting
from .birds import Birds
from .item import Load


@dataclass(frozen=True)
class BirdMaps(Birds):
    """The birds of `birds`, each with a map of its parts, from which it is to be drawn.

    The map says where body, breast, crown, wings, tail, bill, eye and legs are, nothing of colours
    or background.
    """

    name: ClassVar[str] = "bird-maps"
    preset: ClassVar[str] = "pix2pix"

    def views(self, sighting: Sighting, seed: Sequence[int]) -> tuple[Load, Load]:
        """The bird's picture and the map of its parts."""
        return partial(draw_bird, sighting, seed), partial(draw_parts, sighting, seed)
