"""A pen for one bird: draws into the picture, its silhouette and the map of its parts at once."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from .colours import Colour, shaded

PARTS: dict[str, Colour] = {
    "body": (255, 0, 0),
    "breast": (255, 255, 0),
    "crown": (255, 0, 255),
    "wing": (0, 0, 255),
    "tail": (0, 255, 255),
    "bill": (0, 255, 0),
    "eye": (255, 255, 255),
    "legs": (128, 128, 128),
}
"""Parts of a bird, each with its colour in a part map, on black."""


class Pen:
    """Fills shapes given in bird units (x ahead, y down, the body about one long).

    Args:
        canvas: Square RGB picture to draw on.
        centre: Place of the bird's middle, (x, y) in picture sides.
        unit: Length of a bird unit, in picture sides.
        tilt: Angle by which the head is lowered, in radians.
    """

    def __init__(
        self, canvas: Image.Image, centre: tuple[float, float], unit: float, tilt: float
    ) -> None:
        self.canvas, self.side = canvas, canvas.width
        self.painted = Image.new("L", canvas.size)  # where the bird is
        self.parts = Image.new("RGB", canvas.size)
        self.centre, self.unit = np.array(centre) * self.side, unit * self.side
        cos, sin = np.cos(tilt), np.sin(tilt)
        self.turn = np.array([[cos, sin], [-sin, cos]])

    def pixels(self, shape: np.ndarray) -> list[tuple[float, float]]:
        """Convert (N, 2) bird units to pixels."""
        placed = shape @ self.turn * self.unit + self.centre
        return [(x, y) for x, y in placed.tolist()]

    def mask(self, *shapes: np.ndarray) -> Image.Image:
        """Return the shapes as a mask."""
        mask = Image.new("L", (self.side, self.side))
        for shape in shapes:
            ImageDraw.Draw(mask).polygon(self.pixels(shape), fill=255)
        return mask

    def fill(self, shape: np.ndarray, colour: Colour, part: str, outline: float = 0.03) -> None:
        """Fill a shape, with a darker outline.

        Args:
            shape: Corners (N, 2) in bird units.
            colour: Colour inside.
            part: Name of the part, of `PARTS`.
            outline: Width of the outline, in bird units.
        """
        points = self.pixels(shape)
        edge = max(1, round(outline * self.unit))
        flat = PARTS[part]
        inks = (
            (self.canvas, shaded(colour, 0.62), colour),
            (self.painted, 255, 255),
            (self.parts, flat, flat),
        )
        for image, rim, inner in inks:
            draw = ImageDraw.Draw(image)
            draw.line([*points, *points[:2]], fill=rim, width=edge, joint="curve")
            draw.polygon(points, fill=inner)

    def stain(self, shape: np.ndarray, colour: Colour, opacity: float = 1) -> None:
        """Fill a shape of the surroundings: it is no part of the bird.

        Args:
            shape: Corners (N, 2) in bird units.
            colour: Colour of the stain.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
        """
        mask = self.mask(shape)
        self.canvas.paste(colour, (0, 0), mask.point(lambda value: int(value * opacity)))

    def fill_within(
        self,
        shapes: Sequence[np.ndarray],
        colour: Colour,
        clip: Image.Image,
        part: str | None = None,
    ) -> None:
        """Fill what of some shapes lies in a mask.

        Args:
            shapes: Corners of each, (N, 2) in bird units.
            colour: Colour inside.
            clip: Mask, 255 where something may be drawn.
            part: Name of the part, of `PARTS`; none is not in the map.
        """
        mask = ImageChops.multiply(self.mask(*shapes), clip)
        for image, ink in self._inks(colour, part):
            image.paste(ink, (0, 0), mask)

    def line(
        self, shape: np.ndarray, colour: Colour, width: float, part: str | None = None
    ) -> None:
        """Draw an open line.

        Args:
            shape: Points (N, 2) in bird units.
            colour: Colour of the line.
            width: Width of the line, in bird units.
            part: Name of the part, of `PARTS`; none is not in the map.
        """
        wide = max(1, round(width * self.unit))
        for image, ink in self._inks(colour, part):
            ImageDraw.Draw(image).line(self.pixels(shape), fill=ink, width=wide, joint="curve")

    def disc(
        self, centre: np.ndarray, radius: float, colour: Colour, part: str | None = None
    ) -> None:
        """Fill a disc.

        Args:
            centre: Middle (2,) in bird units.
            radius: Radius in bird units.
            colour: Colour inside.
            part: Name of the part, of `PARTS`; none is not in the map.
        """
        ((x, y),) = self.pixels(centre[None])
        r = radius * self.unit
        for image, ink in self._inks(colour, part):
            ImageDraw.Draw(image).ellipse([x - r, y - r, x + r, y + r], fill=ink)

    def _inks(self, colour: Colour, part: str | None) -> list[tuple[Image.Image, Colour]]:
        """Pictures to draw into, with their colours: a shape that is no part is not in the map."""
        drawn = [(self.canvas, colour)]
        return [*drawn, (self.parts, PARTS[part])] if part else drawn
