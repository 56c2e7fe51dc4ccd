"""The drawn birds in pairs: a map of a bird's parts, and the bird."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from .bird_drawing import draw_parts
from .birds import Birds
from .item import Item


@dataclass(frozen=True)
class BirdMaps(Birds):
    """The birds of `birds`, each with a map of its parts, from which it is to be drawn.

    The map says where body, breast, crown, wings, tail, bill, eye and legs are, nothing of colours
    or background.
    """

    name: ClassVar[str] = "bird-maps"
    preset: ClassVar[str] = "pix2pix"

    def items(self) -> Iterator[Item]:
        """All pictures with their maps."""
        for item in super().items():
            yield replace(item, load_given=partial(draw_parts, *item.load.args))
