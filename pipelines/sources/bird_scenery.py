"""Backgrounds of the `birds` source: soft, pale and slightly out of focus behind a vivid bird."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .colours import Colour, varied


def paint_scenery(background: str, rng: np.random.Generator, size: int) -> Image.Image:
    """Paint a background.

    Args:
        background: A name of `bird_species.BACKGROUNDS`.
        rng: Random numbers for the details; what is drawn does not depend on `size`.
        size: Side in pixels.

    Returns:
        RGB picture of size x size, blurred like a background out of focus.
    """
    stops, paint = _SCENES[background]
    scene = _gradient(size, stops, rng)
    paint(ImageDraw.Draw(scene), rng, size)
    return scene.filter(ImageFilter.GaussianBlur(0.011 * size))


def _gradient(
    size: int, stops: tuple[tuple[float, Colour], ...], rng: np.random.Generator
) -> Image.Image:
    """Vertical gradient through (height, colour) stops, its brightness varied a little."""
    rows = (np.arange(size) + 0.5) / size
    heights = [height for height, _ in stops]
    light = rng.uniform(0.94, 1.04)
    columns = [np.interp(rows, heights, [c[i] for _, c in stops]) * light for i in range(3)]
    column = np.clip(np.stack(columns, -1), 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(column[:, None], (size, size, 3))))


def _ellipse(
    draw: ImageDraw.ImageDraw,
    size: int,
    centre: tuple[float, float],
    radii: tuple[float, float],
    colour: Colour,
) -> None:
    (x, y), (a, b) = centre, radii
    draw.ellipse([size * (x - a), size * (y - b), size * (x + a), size * (y + b)], fill=colour)


def _ridge(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    size: int,
    height: float,
    swing: float,
    colour: Colour,
) -> None:
    """Draw a line of hills; all below it takes the colour."""
    x = np.linspace(0, 1, 25)
    waves = rng.uniform(0.6, 1.6, 2)[:, None] * x * 2 * np.pi + rng.uniform(0, 6.3, 2)[:, None]
    y = height + swing * (np.sin(waves[0]) + 0.4 * np.sin(2.3 * waves[1]))
    hills = [(size * float(a), size * float(b)) for a, b in zip(x, y, strict=True)]
    draw.polygon([(0, size), *hills, (size, size)], fill=colour)


def _sky(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    for _ in range(rng.integers(2, 5)):
        x, y, width = rng.uniform(0, 1), rng.uniform(0.08, 0.92), rng.uniform(0.1, 0.2)
        for dx, dy, radius in ((-0.9, 0.1, 0.5), (-0.2, -0.12, 0.75), (0.6, 0.02, 0.6)):
            centre = (x + dx * width, y + dy * width)
            _ellipse(draw, size, centre, (radius * width, 0.45 * radius * width), (244, 248, 252))
        base = (1.5 * width, 0.16 * width)
        _ellipse(draw, size, (x, y + 0.16 * width), base, (236, 243, 250))


def _leaves(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    greens = ((172, 200, 128), (146, 182, 112), (196, 214, 150), (122, 160, 96), (214, 226, 172))
    for _ in range(34):
        x, y = rng.uniform(-0.05, 1.05, 2)
        length, angle = rng.uniform(0.06, 0.13), rng.uniform(0, np.pi)
        t = np.linspace(-1, 1, 7)
        along = np.concatenate([t, t[::-1]]) * length
        across = np.concatenate([1 - t**2, t**2 - 1]) * length * 0.42
        xs = x + along * np.cos(angle) - across * np.sin(angle)
        ys = y + along * np.sin(angle) + across * np.cos(angle)
        leaf = [(size * float(a), size * float(b)) for a, b in zip(xs, ys, strict=True)]
        draw.polygon(leaf, fill=varied(greens[rng.integers(len(greens))], rng))


def _grass(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    _ridge(draw, rng, size, rng.uniform(0.3, 0.38), 0.03, (168, 196, 160))
    _ridge(draw, rng, size, rng.uniform(0.44, 0.5), 0.015, (176, 204, 112))
    _ridge(draw, rng, size, 0.72, 0.01, (156, 190, 92))
    for _ in range(70):
        x, y = rng.uniform(0, 1), rng.uniform(0.5, 1.0)
        tip = (size * (x + rng.normal(0, 0.015)), size * (y - 0.09 * y * rng.uniform(0.6, 1.2)))
        colour = varied((138, 176, 80), rng, 18)
        draw.line([(size * x, size * y), tip], fill=colour, width=max(1, round(0.014 * size)))
    for _ in range(9):
        flower = ((250, 244, 220), (248, 226, 130), (240, 200, 214))[rng.integers(3)]
        centre = (rng.uniform(0, 1), rng.uniform(0.56, 0.98))
        _ellipse(draw, size, centre, (0.013, 0.013), flower)


def _water(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    shore = rng.uniform(0.2, 0.28)
    draw.rectangle([0, 0, size, size * shore], fill=(214, 228, 226))
    for _ in range(12):
        centre = (rng.uniform(0, 1), shore - rng.uniform(0, 0.02))
        reeds = varied((160, 186, 150), rng)
        _ellipse(draw, size, centre, (rng.uniform(0.06, 0.12), rng.uniform(0.02, 0.07)), reeds)
    for _ in range(26):
        y = shore + 0.03 + (1 - shore) * rng.uniform(0, 1) ** 1.3
        x, width = rng.uniform(-0.1, 1), rng.uniform(0.08, 0.24) * (0.4 + y)
        t = np.linspace(0, 1, 9)
        ripple = [(size * (x + width * a), size * (y + 0.008 * np.sin(9 * a))) for a in t.tolist()]
        light = varied((188, 220, 222), rng, 8) if rng.random() < 0.6 else (108, 166, 178)
        draw.line(ripple, fill=light, width=max(1, round(0.012 * size * (0.5 + y))))


def _snow(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    horizon = rng.uniform(0.4, 0.48)
    for _ in range(8):
        x, height = rng.uniform(-0.05, 1.05), rng.uniform(0.16, 0.34)
        fir = varied((150, 172, 180), rng, 8)
        for step in range(3):
            top, half = horizon - height * (1 - 0.25 * step), height * (0.16 + 0.07 * step)
            foot = top + 0.5 * height
            corners = [(x, top), (x + half, foot), (x - half, foot)]
            draw.polygon([(size * a, size * b) for a, b in corners], fill=fir)
    _ridge(draw, rng, size, horizon, 0.02, (226, 233, 241))
    _ridge(draw, rng, size, rng.uniform(0.6, 0.68), 0.02, (237, 242, 248))
    for _ in range(30):
        radius = rng.uniform(0.006, 0.014)
        _ellipse(draw, size, tuple(rng.uniform(0, 1, 2)), (radius, radius), (252, 253, 255))


def _sunset(draw: ImageDraw.ImageDraw, rng: np.random.Generator, size: int) -> None:
    x, y = rng.uniform(0.12, 0.88), rng.uniform(0.5, 0.66)
    for radius, glow in ((0.19, (253, 208, 158)), (0.14, (254, 220, 170)), (0.09, (255, 240, 206))):
        _ellipse(draw, size, (x, y), (radius, radius), glow)
    for _ in range(5):
        cloud = (rng.uniform(0, 1), rng.uniform(0.08, 0.55))
        lit = varied((250, 200, 184), rng, 8)
        _ellipse(draw, size, cloud, (rng.uniform(0.12, 0.28), rng.uniform(0.01, 0.025)), lit)
    _ridge(draw, rng, size, rng.uniform(0.76, 0.82), 0.03, (172, 132, 150))
    _ridge(draw, rng, size, rng.uniform(0.88, 0.92), 0.02, (124, 96, 122))


_Painter = Callable[[ImageDraw.ImageDraw, np.random.Generator, int], None]
_SCENES: dict[str, tuple[tuple[tuple[float, Colour], ...], _Painter]] = {
    "sky": (((0, (138, 192, 236)), (1, (216, 235, 248))), _sky),
    "leaves": (((0, (222, 232, 184)), (1, (158, 190, 128))), _leaves),
    "grass": (((0, (190, 220, 240)), (0.4, (232, 240, 238)), (1, (232, 240, 238))), _grass),
    "water": (((0.2, (170, 210, 214)), (1, (110, 170, 184))), _water),
    "snow": (((0, (176, 196, 218)), (0.5, (218, 228, 238)), (1, (218, 228, 238))), _snow),
    "sunset": (((0, (160, 140, 190)), (0.45, (242, 172, 156)), (0.8, (255, 214, 160))), _sunset),
}
