"""Traits that a face's labels leave open: colours, proportions, pose, clothes, background."""

from dataclasses import dataclass

import numpy as np

from .colours import Colour, mixed

_SKINS: tuple[Colour, ...] = (
    (250, 224, 205), (243, 208, 180), (231, 186, 150), (214, 164, 124), (184, 130, 92),
    (148, 98, 66), (110, 72, 50),
)  # fmt: skip
_HAIRS: tuple[Colour, ...] = (
    (28, 24, 26), (52, 36, 30), (84, 54, 36), (122, 80, 46), (164, 116, 62), (210, 172, 104),
    (140, 60, 34), (120, 120, 124),
)  # fmt: skip
_IRISES: tuple[Colour, ...] = (
    (70, 44, 28), (96, 64, 36), (64, 92, 60), (64, 104, 148), (100, 116, 126),
)  # fmt: skip
_CLOTHES: tuple[Colour, ...] = (
    (46, 66, 104), (122, 44, 52), (66, 96, 80), (60, 60, 68), (196, 188, 176), (150, 110, 70),
    (104, 84, 130), (54, 110, 130), (210, 160, 150),
)  # fmt: skip
_BACKGROUNDS: tuple[tuple[Colour, Colour], ...] = (
    ((226, 232, 238), (178, 192, 208)), ((238, 230, 216), (206, 188, 162)),
    ((216, 230, 218), (158, 186, 168)), ((232, 220, 232), (188, 168, 196)),
    ((244, 244, 242), (212, 212, 210)), ((150, 164, 180), (92, 106, 126)),
    ((240, 218, 204), (214, 174, 156)), ((120, 140, 136), (74, 92, 92)),
)  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """One person before one background; lengths in half heights of the head.

    Args:
        skin: Colour of the lit skin.
        hair: Colour of hair and brows.
        iris: Colour of the eyes.
        clothes: Colour of the clothes.
        backgrounds: Colours of the background's top and bottom.
        centre: Middle of the head, in picture sides.
        scale: Half height of the head, in picture sides.
        tilt: Angle of the head, in radians.
        width: Half width of the head.
        jaw: Half width of the jaw, in half widths of the head.
        eye_height: Place of the eyes below the head's middle; negative above it.
        eye_gap: Distance of an eye's middle from the face's.
        nose: Length of the nose.
        mouth: Half width of the mouth.
        smile: Rise of the corners of the mouth.
        brow: Rise of the brows.
        light: Side of the light, from −1, the left of the picture, to 1.
        extra: Number in [0, 1) for rare traits: beard, earrings.
    """

    skin: Colour
    hair: Colour
    iris: Colour
    clothes: Colour
    backgrounds: tuple[Colour, Colour]
    centre: tuple[float, float]
    scale: float
    tilt: float
    width: float
    jaw: float
    eye_height: float
    eye_gap: float
    nose: float
    mouth: float
    smile: float
    brow: float
    light: float
    extra: float


def draw_traits(male: bool, rng: np.random.Generator) -> Traits:
    """Draw a person; `male` shifts the proportions."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    def one_of(colours: tuple) -> tuple:
        return colours[int(rng.integers(len(colours)))]

    skin = int(rng.integers(len(_SKINS)))
    darkest = 3 if skin > 3 else len(_HAIRS)  # dark skin with dark hair
    return Traits(
        skin=mixed(_SKINS[skin], _SKINS[min(skin + 1, len(_SKINS) - 1)], between(0, 0.6)),
        hair=mixed(one_of(_HAIRS[:darkest]), (20, 16, 16), between(0, 0.25)),
        iris=one_of(_IRISES[:2] if skin > 3 else _IRISES),
        clothes=one_of(_CLOTHES),
        backgrounds=one_of(_BACKGROUNDS),
        centre=(0.5 + between(-0.025, 0.025), 0.5 + between(-0.02, 0.02)),
        scale=between(0.315, 0.35),
        tilt=between(-0.09, 0.09),
        width=between(0.74, 0.8) if male else between(0.68, 0.74),
        jaw=between(0.78, 0.9) if male else between(0.56, 0.68),
        eye_height=between(-0.03, 0.04),
        eye_gap=between(0.335, 0.365),
        nose=between(0.3, 0.38) if male else between(0.25, 0.32),
        mouth=between(0.23, 0.3),
        smile=between(-0.02, 0.07),
        brow=between(-0.03, 0.04),
        light=between(-1, 1),
        extra=between(0, 1),
    )


def paint_background(traits: Traits, size: int, rng: np.random.Generator) -> np.ndarray:
    """A soft gradient with a few lighter and darker spots, uint8 (size, size, 3).

    Args:
        traits: The person, with the background's colours.
        size: Side in pixels.
        rng: Source of random numbers.
    """
    grid = (np.arange(size) + 0.5) / size
    x, y = np.meshgrid(grid, grid)
    top, bottom = (np.array(colour, float) for colour in traits.backgrounds)
    share = np.clip(y + 0.25 * traits.light * (x - 0.5), 0, 1)[..., None]
    picture = top + share * (bottom - top)
    for _ in range(4):
        centre, radius = rng.uniform(0, 1, 2), rng.uniform(0.12, 0.4)
        strength = rng.uniform(-16, 16)
        near = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2))
        picture += strength * near[..., None]
    return np.clip(np.rint(picture), 0, 255).astype("uint8")
