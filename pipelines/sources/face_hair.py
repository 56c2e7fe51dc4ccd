"""The five hair styles of the `faces` source, behind the head and on it."""

from collections.abc import Callable

import numpy as np

from .colours import Colour, mixed
from .face_canvas import FaceCanvas, arc
from .face_traits import Traits

Painter = Callable[[FaceCanvas, Traits, bool, np.random.Generator], None]


def behind(hair: str, canvas: FaceCanvas, traits: Traits, male: bool, seed: int) -> None:
    """Draw what is behind head and neck.

    Args:
        hair: Label of the hair, of `pipelines.attributes.MONTAGE`.
        canvas: Picture to draw on.
        traits: The person.
        male: Whether it is a man.
        seed: Seed of the strands.
    """
    _BEHIND[hair](canvas, traits, male, np.random.default_rng(seed))


def before(hair: str, canvas: FaceCanvas, traits: Traits, male: bool, seed: int) -> None:
    """Draw what lies on the head.

    Args:
        hair: Label of the hair, of `pipelines.attributes.MONTAGE`.
        canvas: Picture to draw on.
        traits: The person.
        male: Whether it is a man.
        seed: Seed of the strands.
    """
    _BEFORE[hair](canvas, traits, male, np.random.default_rng(seed))


def _shadow(traits: Traits) -> Colour:
    return mixed(traits.hair, (0, 0, 0), 0.35)


def _shine(traits: Traits) -> Colour:
    return mixed(traits.hair, (255, 244, 226), 0.28)


def _nothing(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    """Nothing shows behind the head."""


def _curtain(canvas: FaceCanvas, traits: Traits, male: bool, wave: float) -> None:
    """Long hair at both sides of the face, with straight or waving edges."""
    half, end = traits.width + (0.14 if male else 0.2), 0.55 if male else 1.45
    down = np.linspace(-0.55, end, 60)
    ripple = wave * np.sin((down + 0.55) * (8.5 if male else 7.0))
    widening = 0.1 * np.clip(down, 0, 1)
    right = np.stack([half + ripple + widening, down], 1)
    left = np.stack([-half + ripple - widening, down], 1)[::-1]
    crown = arc(
        [(-half, -0.55), (-half * 0.72, -1.12), (0, -1.34), (half * 0.72, -1.12), (half, -0.55)]
    )
    canvas.polygon(np.concatenate([crown, right, left]), _shadow(traits))
    for share in (0.9, 0.78):
        for side in (-1, 1):
            strand = np.stack([side * (half * share + widening) + ripple, down], 1)
            canvas.line(strand, 0.09, _shine(traits) if share < 0.85 else traits.hair, 0.55)


def _straight_behind(
    canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator
) -> None:
    _curtain(canvas, traits, male, 0.0)


def _wavy_behind(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    _curtain(canvas, traits, male, 0.13)


def _curly_behind(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    """Balls of curls all around."""
    reach = 0.35 if male else 0.75
    for turn in np.linspace(-0.5 * np.pi - 2.0 - reach * 0.6, -0.5 * np.pi + 2.0 + reach * 0.6, 17):
        radius = rng.uniform(0.2, 0.27)
        spread = 1.0 if np.sin(turn) < 0 else 1.12
        place = (
            (traits.width + 0.2) * spread * np.cos(turn),
            1.06 * np.sin(turn) - 0.1,
        )
        _ball(canvas, traits, place, radius)


def _ball(canvas: FaceCanvas, traits: Traits, place: tuple[float, float], radius: float) -> None:
    """One curl: a ball with a ring of light."""
    canvas.ellipse(place, (radius, radius), _shadow(traits))
    canvas.ellipse(place, (radius * 0.78, radius * 0.78), traits.hair)
    ring = np.linspace(np.pi * 1.05, np.pi * 1.75, 12)
    light = np.stack([np.cos(ring), np.sin(ring)], 1) * radius * 0.5 + np.array(place)
    canvas.line(light, radius * 0.3, _shine(traits), 0.8)


def _straight_before(
    canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator
) -> None:
    """A smooth cap with an even fringe."""
    half = traits.width + 0.06
    low = -0.36
    fringe = [(-half, 0.05), (-half * 0.86, low), (0, low + 0.02), (half * 0.86, low), (half, 0.05)]
    top = [(half * np.cos(t), -0.1 - 1.14 * np.sin(t)) for t in np.linspace(0, np.pi, 40)]
    canvas.polygon(np.array([*top, *fringe]), traits.hair)
    for x in np.linspace(-0.75, 0.75, 9):
        strand = arc([(x * 0.55, -1.1), (x * half, -0.75), (x * half * 1.05, low - 0.02)])
        canvas.line(strand, 0.035, _shadow(traits), 0.6)
    band = arc([(-half * 0.66, -0.78), (0, -0.98), (half * 0.66, -0.78)])
    canvas.line(band, 0.12, _shine(traits), 0.6)


def _wavy_before(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    """Parted, falling in waves along the temples."""
    half, part = traits.width + 0.08, rng.uniform(-0.25, 0.25)
    top = np.array([(half * np.cos(t), -0.1 - 1.16 * np.sin(t)) for t in np.linspace(0, np.pi, 40)])
    down = np.linspace(0, 1, 24)
    end = 0.25 if male else 0.5
    wave = 0.07 * np.sin(down * 11)
    left = np.stack(
        [part + (-half * 0.92 - part) * down**0.6 + wave, -0.86 + (0.86 + end) * down], 1
    )
    right = np.stack(
        [part + (half * 0.92 - part) * down**0.6 + wave, -0.86 + (0.86 + end) * down], 1
    )
    canvas.polygon(
        np.concatenate([top, [(-half - 0.04, end)], left[::-1], right, [(half + 0.04, end)]]),
        traits.hair,
    )
    for shift, colour in ((0.1, _shadow(traits)), (0.19, _shine(traits))):
        for edge, side in ((left, -1), (right, 1)):
            canvas.line(edge + np.array([side * shift, -shift * 0.5]), 0.06, colour, 0.65)


def _curly_before(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    """Balls of curls over the forehead and crown."""
    for radius, height, count in ((0.27, -1.0, 6), (0.25, -0.74, 7)):
        for share in np.linspace(-1, 1, count):
            x = share * (traits.width + (0.1 if height > -0.9 else -0.12))
            y = height + 0.2 * share**2 + rng.uniform(-0.03, 0.03)
            _ball(canvas, traits, (float(x), float(y)), float(radius * rng.uniform(0.85, 1.05)))


def _crew_before(canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator) -> None:
    """Short all over: the skin shimmers through at the sides."""
    half = traits.width + 0.02
    sides = [(half * np.cos(t), -0.12 - 0.92 * np.sin(t)) for t in np.linspace(0, np.pi, 40)]
    inner = [
        (-half * 0.88, -0.3),
        (-half * 0.74, -0.62),
        (0, -0.68),
        (half * 0.74, -0.62),
        (half * 0.88, -0.3),
    ]
    canvas.polygon(np.array([*sides, *inner]), mixed(traits.hair, traits.skin, 0.35))
    top = [(half * 0.86 * np.cos(t), -0.6 - 0.5 * np.sin(t)) for t in np.linspace(0, np.pi, 40)]
    line = [(-half * 0.74, -0.62), (-0.3, -0.7), (0.3, -0.7), (half * 0.74, -0.62)]
    canvas.polygon(np.array([*top, *line]), traits.hair)
    for x in np.linspace(-0.5, 0.5, 9):
        canvas.line(
            arc([(x, -0.72), (x * 1.02, -0.84), (x * 1.04, -0.94)]), 0.03, _shadow(traits), 0.6
        )


def _balding_behind(
    canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator
) -> None:
    """Tufts at the sides; longer ones for a woman."""
    end = 0.2 if male else 0.75
    for side in (-1, 1):
        x = side * traits.width
        canvas.blob(
            [
                (x * 0.8, -0.5),
                (x * 1.17, -0.42),
                (x * 1.26, -0.05),
                (x * 1.2, end),
                (x * 0.92, end * 0.9),
            ],
            _shadow(traits),
        )


def _balding_before(
    canvas: FaceCanvas, traits: Traits, male: bool, rng: np.random.Generator
) -> None:
    """A bare crown that shines, a thin rest at the temples."""
    for side in (-1, 1):
        x = side * traits.width
        canvas.blob(
            [
                (x * 0.9, -0.6),
                (x * 1.08, -0.36),
                (x * 1.08, 0.02),
                (x * 0.97, 0.0),
                (x * 0.86, -0.3),
            ],
            traits.hair,
        )
    shine = mixed(traits.skin, (255, 255, 255), 0.5)
    canvas.ellipse((0.2 * traits.light, -0.8), (0.2, 0.09), shine, 0.7)
    for x in np.linspace(-0.35, 0.35, 4):
        canvas.line(
            arc([(x, -0.98), (x * 1.3 + 0.04, -0.86), (x * 1.5, -0.72)]), 0.03, traits.hair, 0.7
        )


_BEHIND: dict[str, Painter] = {
    "curly": _curly_behind,
    "straight": _straight_behind,
    "crew cut": _nothing,
    "balding": _balding_behind,
    "wavy": _wavy_behind,
}
_BEFORE: dict[str, Painter] = {
    "curly": _curly_before,
    "straight": _straight_before,
    "crew cut": _crew_before,
    "balding": _balding_before,
    "wavy": _wavy_before,
}
