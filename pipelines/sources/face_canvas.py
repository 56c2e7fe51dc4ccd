"""A canvas in face units: the head's middle is (0, 0), its half height 1, y down."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .bird_shapes import smooth
from .colours import Colour

Points = Sequence[tuple[float, float]] | np.ndarray
_SUPERSAMPLING = 3


class FaceCanvas:
    """Draws shapes antialiased, turned and moved as the head is.

    Args:
        size: Side of the result in pixels.
        background: Background, uint8 (size, size, 3).
        centre: Middle of the head, in picture sides.
        scale: Half height of the head, in picture sides.
        tilt: Angle of the head, in radians.
    """

    def __init__(
        self,
        size: int,
        background: np.ndarray,
        centre: tuple[float, float],
        scale: float,
        tilt: float,
    ) -> None:
        self._size = size
        side = size * _SUPERSAMPLING
        self.image = Image.fromarray(background).resize((side, side), Image.Resampling.BICUBIC)
        self._centre, self._scale = np.array(centre) * side, scale * side
        turn = np.cos(tilt), np.sin(tilt)
        self._turn = np.array([[turn[0], turn[1]], [-turn[1], turn[0]]])

    def polygon(self, points: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Fill an outline.

        Args:
            points: Corners (N, 2) in face units.
            colour: Colour inside.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
        """
        placed = self._place(points)
        box = self._box(placed, 0)
        self._through(_filled(placed, box), box, colour, opacity)

    def blob(self, points: Points, colour: Colour, opacity: float = 1.0) -> None:
        """Fill a closed smooth curve.

        Args:
            points: Points (N, 2) of the curve, in face units.
            colour: Colour inside.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
        """
        self.polygon(smooth([tuple(p) for p in points]), colour, opacity)

    def ellipse(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        colour: Colour,
        opacity: float = 1.0,
    ) -> None:
        """Fill an ellipse.

        Args:
            centre: Middle (x, y) in face units.
            radii: Half width and half height.
            colour: Colour inside.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
        """
        self.polygon(oval(centre, radii), colour, opacity)

    def line(self, points: Points, width: float, colour: Colour, opacity: float = 1.0) -> None:
        """Draw a line that is thinner at its ends.

        Args:
            points: Points (N, 2) of the line, in face units.
            width: Width in its middle, in face units.
            colour: Colour of the line.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
        """
        along = np.asarray(points, float)
        taper = np.sin(np.linspace(0.15, 0.85, len(along)) * np.pi)
        direction = np.gradient(along, axis=0)
        direction /= np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        aside = np.stack([-direction[:, 1], direction[:, 0]], 1) * (width / 2 * taper)[:, None]
        self.polygon(np.concatenate([along + aside, (along - aside)[::-1]]), colour, opacity)

    def shade(
        self, points: Points, colour: Colour, opacity: float, blur: float, within: Points
    ) -> None:
        """Fill an outline softly, but only inside another.

        Args:
            points: Corners (N, 2) in face units.
            colour: Colour inside.
            opacity: Share of the colour, in [0, 1], mixed with the colour beneath.
            blur: Standard deviation of the blur, in face units.
            within: Corners of the other outline.
        """
        placed, limit, radius = self._place(points), self._place(within), blur * self._scale
        box = self._box(limit, 0)
        soft = _filled(placed, box).filter(ImageFilter.GaussianBlur(radius))
        self._through(ImageChops.darker(soft, _filled(limit, box)), box, colour, opacity)

    def result(self) -> np.ndarray:
        """The picture, uint8 (size, size, 3)."""
        small = self.image.resize((self._size, self._size), Image.Resampling.LANCZOS)
        return np.asarray(small)

    def _place(self, points: Points) -> np.ndarray:
        """Face units to pixels of the drawing."""
        return np.asarray(points, float) @ self._turn * self._scale + self._centre

    def _box(self, placed: np.ndarray, margin: float) -> tuple[int, int, int, int]:
        """The part of the picture that an outline covers."""
        low = np.maximum(np.floor(placed.min(0) - margin).astype(int), 0)
        high = np.minimum(np.ceil(placed.max(0) + margin).astype(int) + 1, self.image.size)
        high = np.maximum(high, low + 1)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def _through(
        self, mask: Image.Image, box: tuple[int, int, int, int], colour: Colour, opacity: float
    ) -> None:
        if opacity < 1.0:
            mask = mask.point([round(level * opacity) for level in range(256)])
        self.image.paste(colour, box, mask)


def _filled(placed: np.ndarray, box: tuple[int, int, int, int]) -> Image.Image:
    """An outline in pixels as a mask of a part of the picture."""
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    moved = placed - np.array(box[:2])
    ImageDraw.Draw(mask).polygon(moved.ravel().tolist(), fill=255)
    return mask


def oval(centre: tuple[float, float], radii: tuple[float, float], steps: int = 40) -> np.ndarray:
    """An ellipse's outline (steps, 2).

    Args:
        centre: Middle (x, y).
        radii: Half width and half height.
        steps: Number of corners.
    """
    turn = np.linspace(0, 2 * np.pi, steps, endpoint=False)
    return np.stack(
        [centre[0] + radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)], axis=1
    )


def arc(points: Points, steps: int = 24) -> np.ndarray:
    """A smooth open curve through three or more points, (steps, 2)."""
    p = np.asarray(points, float)
    t = np.linspace(0, 1, len(p))
    fine = np.linspace(0, 1, steps)
    degree = min(3, len(p) - 1)
    return np.stack([np.polyval(np.polyfit(t, p[:, i], degree), fine) for i in range(2)], axis=1)
