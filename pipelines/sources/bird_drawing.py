"""Draws one bird of the `birds` source: side view, shaded, antialiased."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .bird_pen import Pen
from .bird_scenery import paint_scenery
from .bird_shapes import (
    BARS,
    BILLS,
    BREAST,
    CROWN,
    DOTS,
    FAR_WING,
    FOLDED_FEATHERS,
    FOLDED_WING,
    PROPORTIONS,
    RAISED_FEATHERS,
    RAISED_WING,
    TAIL,
    body,
    head,
)
from .bird_species import Sighting
from .colours import Colour, shaded, tinted

PALETTE: dict[str, Colour] = {
    "red": (206, 32, 38),
    "orange": (246, 132, 24),
    "yellow": (250, 214, 40),
    "green": (36, 148, 66),
    "blue": (36, 88, 212),
    "purple": (126, 56, 172),
    "pink": (250, 136, 180),
    "brown": (128, 78, 42),
    "black": (38, 38, 44),
    "white": (246, 246, 242),
    "grey": (140, 146, 152),
}
_SUPERSAMPLING = 3
_TILT = {"perched": -0.5, "flying": -0.15, "standing": -0.2, "pecking": 0.5, "swimming": 0.06}
# Height beneath the water line, half width, colour.
_RIPPLES = (
    (0.0, 0.75, (214, 234, 234)),
    (0.09, 0.6, (104, 160, 174)),
    (0.17, 0.42, (206, 230, 230)),
)
_HEIGHT = {"perched": 0.47, "flying": 0.56, "standing": 0.52, "pecking": 0.55, "swimming": 0.53}


def draw_bird(sighting: Sighting, seed: Sequence[int], size: int) -> np.ndarray:
    """Draw a bird before its background.

    Args:
        sighting: Sighting to draw.
        seed: Seed of all that the sighting leaves open: place, tint, light, details.
        size: Side in pixels; the same seed gives the same picture at every size.

    Returns:
        uint8 (size, size, 3).
    """
    return _draw(sighting, seed, size)[0]


def draw_parts(sighting: Sighting, seed: Sequence[int], size: int) -> np.ndarray:
    """Draw where each part of that same bird is.

    Args:
        sighting: Sighting that `draw_bird` shows.
        seed: Seed that `draw_bird` was given.
        size: Side in pixels.

    Returns:
        uint8 (size, size, 3), only black and the colours of `PARTS`.
    """
    return _draw(sighting, seed, size)[1]


def _draw(sighting: Sighting, seed: Sequence[int], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The picture and its part map."""
    rng = np.random.default_rng(seed)
    scenery = paint_scenery(sighting.background, rng, size)
    pen = Pen(
        scenery.resize((_SUPERSAMPLING * size, _SUPERSAMPLING * size), Image.Resampling.BICUBIC),
        centre=(0.48 + rng.normal(0, 0.02), _HEIGHT[sighting.pose] + rng.normal(0, 0.02)),
        unit=PROPORTIONS[sighting.species.size].length * rng.uniform(0.95, 1.05),
        tilt=_TILT[sighting.pose] + rng.normal(0, 0.06),
    )
    _Bird(sighting, pen, rng).draw()
    picture = _light(pen.canvas.reduce(_SUPERSAMPLING), pen.painted.reduce(_SUPERSAMPLING), rng)
    parts = np.asarray(pen.parts.resize((size, size), Image.Resampling.NEAREST))
    turned = slice(None, None, -1 if rng.random() < 0.5 else 1)
    return np.ascontiguousarray(picture[:, turned]), np.ascontiguousarray(parts[:, turned])


class _Bird:
    """Paints the parts of one bird, from the back to the front."""

    def __init__(self, sighting: Sighting, pen: Pen, rng: np.random.Generator) -> None:
        self.species, self.pose, self.pen, self.rng = sighting.species, sighting.pose, pen, rng
        self.background = sighting.background
        tint = rng.normal(1, 0.025, 3)  # one a bird: parts of one colour stay of one colour
        self.spread = np.array([1, rng.uniform(0.8, 1.12)])  # how far a flying bird lifts its wings
        self.colours = {name: tinted(colour, tint) for name, colour in PALETTE.items()}
        self.size = PROPORTIONS[self.species.size]

    def draw(self) -> None:
        species, pen, colours = self.species, self.pen, self.colours
        flying = self.pose == "flying"
        if flying:
            pen.fill(FAR_WING * self.spread, shaded(colours[species.wing], 0.72), "wing")
        else:
            self._support()
        pen.fill(TAIL, shaded(colours[species.body], 0.92), "tail")
        self._body()
        self._head()
        if flying:
            self._wing(RAISED_WING * self.spread, [f * self.spread for f in RAISED_FEATHERS])
        else:
            self._wing(FOLDED_WING, FOLDED_FEATHERS)
        if self.pose == "swimming":
            self._waterline()

    def _support(self) -> None:
        """Legs, and the branch or the shadow beneath."""
        pen, legs = self.pen, (104, 82, 66)
        if self.pose == "swimming":
            return
        upright = np.linalg.inv(pen.turn)
        hips = np.array([[0.0, 0.29], [0.14, 0.27]])
        drop = 0.2 if self.pose == "perched" else self.size.legs
        feet = hips + np.array([[-0.02, drop], [0.04, drop]]) @ np.linalg.inv(pen.turn)
        if self.pose == "perched":
            self._branch(feet.mean(0), upright)
        else:
            ground = feet.mean(0) + _ring(0.42, 0.05) @ upright
            pen.stain(ground, (70, 84, 92), opacity=0.35)
        for hip, foot in zip(hips, feet, strict=True):
            toes = np.array([[-0.05, 0.02], [0, -0.01], [0.1, 0.02]]) @ upright
            pen.line(np.stack([hip, foot]), legs, 0.035, "legs")
            pen.line(foot + toes, legs, 0.032, "legs")

    def _branch(self, foot: np.ndarray, upright: np.ndarray) -> None:
        pen, slope = self.pen, self.rng.uniform(-0.12, 0.12)
        x = np.linspace(-2.6, 2.6, 14)
        y = 0.06 + slope * x + 0.03 * np.sin(3 * x + self.rng.uniform(0, 6))
        thick = 0.06 + 0.012 * np.cos(2 * x)
        outline = np.concatenate([np.stack([x, y - thick], 1), np.stack([x, y + thick], 1)[::-1]])
        points = foot + outline @ upright
        bark = (132, 104, 84) if self.background != "sunset" else (96, 76, 80)
        pen.stain(points, shaded(bark, 0.72))
        pen.stain(points - np.array([0, 0.03]) @ upright, bark)

    def _body(self) -> None:
        species, pen, colours = self.species, self.pen, self.colours
        outline = body(species.size)
        pen.fill(outline, colours[species.body], "body")
        self.body_mask = pen.mask(outline)
        pen.fill_within([BREAST], colours[species.breast], self.body_mask, "breast")
        kind, _, place = species.pattern.partition(" ")
        if place == "breast":
            clip = ImageChops.multiply(self.body_mask, pen.mask(BREAST))
            self._marks(kind, species.breast, clip)

    def _marks(self, kind: str, ground: str, clip: Image.Image) -> None:
        """Stripes or spots, light on dark ground and dark on light ground."""
        dark = sum(PALETTE[ground]) < 420
        colour = (250, 246, 232) if dark else (60, 48, 44)
        self.pen.fill_within(BARS if kind == "striped" else DOTS, colour, clip)

    def _head(self) -> None:
        species, pen, colours = self.species, self.pen, self.colours
        crown = head(CROWN, species.size)
        pen.fill_within([crown], colours[species.crown], self.body_mask, "crown")
        bill = head(BILLS[species.bill_shape], species.size)
        pen.fill(bill, colours[species.bill], "bill", outline=0.02)
        eye = head(np.array([[0.405, -0.325]]), species.size)[0]
        scale = self.size.head
        pen.disc(eye, 0.062 * scale, (250, 248, 240), "eye")
        pen.disc(eye, 0.048 * scale, (24, 20, 22))
        pen.disc(eye + np.array([0.012, -0.016]) * scale, 0.016 * scale, (255, 255, 255))

    def _wing(self, shape: np.ndarray, feathers: list[np.ndarray]) -> None:
        species, pen = self.species, self.pen
        colour = self.colours[species.wing]
        pen.fill(shape, colour, "wing", outline=0.036)
        clip = pen.mask(shape)
        kind, _, place = species.pattern.partition(" ")
        for feather in feathers:
            pen.line(feather, shaded(colour, 0.74), 0.018)
        if place == "wings":
            self._marks(kind, species.wing, clip)

    def _waterline(self) -> None:
        """Water over the lower body, and ripples about it."""
        pen = self.pen
        ((_, height),) = pen.pixels(np.array([[0.0, 0.19]]))
        under = (0, round(height), pen.side, pen.side)
        pen.canvas.paste((132, 184, 196), under, pen.painted.crop(under))
        pen.painted.paste(0, under)
        pen.parts.paste((0, 0, 0), under)
        draw, unit, x = ImageDraw.Draw(pen.canvas), pen.unit, pen.centre[0]
        for down, half, colour in _RIPPLES:
            y = height + down * unit
            box = [x - half * unit, y - 0.06 * unit, x + half * unit, y + 0.06 * unit]
            draw.arc(box, 15, 165, fill=colour, width=max(1, round(0.03 * unit)))


def _light(picture: Image.Image, painted: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """Round the bird: light from above, shade below, from the slope of its blurred silhouette."""
    side = picture.width
    relief = np.asarray(painted.filter(ImageFilter.GaussianBlur(0.055 * side)), np.float32) / 255
    down, ahead = np.gradient(relief)
    slope = (down + rng.uniform(-0.3, 0.3) * ahead) * side
    shade = np.clip(1 + 0.05 * slope, 0.82, 1.12)
    inside = np.asarray(painted, np.float32) / 255
    gain = (1 + inside * (shade - 1)) * rng.uniform(0.95, 1.05)
    lit = np.asarray(picture, np.float32) * gain[..., None]
    return np.clip(lit + 0.5, 0, 255).astype(np.uint8)


def _ring(a: float, b: float) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack([a * np.cos(t), b * np.sin(t)], 1)
