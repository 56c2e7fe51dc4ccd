"""Draws one face of the `faces` source: frontal, softly shaded, antialiased."""

from collections.abc import Sequence

import numpy as np

from . import face_hair
from .bird_shapes import smooth
from .colours import mixed
from .face_canvas import FaceCanvas, arc, oval
from .face_traits import Traits, draw_traits, paint_background

# The lid of the eye at the left and at the right of the picture.
_LIDS = {
    "double eyelid": ("double", "double"),
    "inner double eyelid": ("inner", "inner"),
    "left asymmetric": ("single", "double"),
    "single eyelid": ("single", "single"),
    "right asymmetric": ("double", "single"),
}
# Height of the opened eye, by lid.
_OPENING = {"double": 0.135, "inner": 0.115, "single": 0.075}
# The crease above the lid: inward from the eye's middle, share of the opening, above that.
_CREASES = {
    "double": [(1.05, 0, 0.06), (0.4, 1, 0.115), (-0.3, 1, 0.125), (-1.2, 0, 0.12)],
    "inner": [(1.1, 0, 0.045), (0.75, 1, 0.03), (0.35, 1, 0.065), (0.05, 1, 0.05)],
}


def draw_face(labels: tuple[str, str, str], seed: Sequence[int], size: int) -> np.ndarray:
    """Draw a face before its background.

    Args:
        labels: Gender, hair, eyes, as `pipelines.attributes.MONTAGE` names them. `left asymmetric`
            has its single lid at the left of the picture, `right asymmetric` at the right.
        seed: Seed of all that the labels leave open.
        size: Side in pixels; the same seed gives the same face at every size.

    Returns:
        uint8 (size, size, 3).
    """
    gender, hair, eyes = labels
    male, rng = gender == "male", np.random.default_rng(seed)
    traits = draw_traits(male, rng)
    strands = int(rng.integers(2**31))
    canvas = FaceCanvas(
        size, paint_background(traits, size, rng), traits.centre, traits.scale, traits.tilt
    )
    face_hair.behind(hair, canvas, traits, male, strands)
    _body(canvas, traits, male)
    outline = head_outline(traits)
    _head(canvas, traits, outline, male)
    for side, lid in zip((-1, 1), _LIDS[eyes], strict=True):
        _eye(canvas, traits, side, lid, male)
        _brow(canvas, traits, side, male)
    _nose(canvas, traits)
    _mouth(canvas, traits, male)
    face_hair.before(hair, canvas, traits, male, strands)
    return canvas.result()


def head_outline(traits: Traits) -> np.ndarray:
    """The head's outline in face units, (M, 2)."""
    width, jaw = traits.width, traits.width * traits.jaw
    right = [(0.0, -1.0), (width * 0.68, -0.86), (width, -0.35), (width * 0.98, 0.15), (jaw, 0.66)]
    chin = [(jaw * 0.48, 0.96), (0.0, 1.03)]
    half = [*right, *chin]
    return smooth(half + [(-x, y) for x, y in half[-2:0:-1]])


def _body(canvas: FaceCanvas, traits: Traits, male: bool) -> None:
    """Neck, shoulders, clothes."""
    dark = mixed(traits.skin, (90, 40, 30), 0.28)
    neck, shoulder = (0.46, 1.75) if male else (0.34, 1.42)
    canvas.polygon([(-neck, 0.5), (neck, 0.5), (neck * 1.15, 1.75), (-neck * 1.15, 1.75)], dark)
    slope = [(neck * 1.05, 1.28), (shoulder * 0.72, 1.46), (shoulder, 1.8), (shoulder, 2.6)]
    edge = [(-x, y) for x, y in slope[::-1]]
    collar = [(-neck * 0.5, 1.5), (0, 1.62 if male else 1.72), (neck * 0.5, 1.5)]
    canvas.polygon([*slope, *edge, *collar], traits.clothes)
    canvas.line(arc([edge[-1], *collar, slope[0]]), 0.07, mixed(traits.clothes, (255,) * 3, 0.35))
    if male:
        for side in (-1, 1):
            flap = [(side * neck * 1.05, 1.28), (side * 0.12, 1.68), (side * neck * 1.3, 1.72)]
            canvas.polygon(flap, mixed(traits.clothes, (255, 255, 255), 0.55))


def _head(canvas: FaceCanvas, traits: Traits, outline: np.ndarray, male: bool) -> None:
    """Ears, the face's shape and its light."""
    dark = mixed(traits.skin, (90, 40, 30), 0.3)
    for side in (-1, 1):
        canvas.ellipse((side * (traits.width + 0.02), 0.1), (0.11, 0.2), traits.skin)
        canvas.ellipse((side * (traits.width + 0.03), 0.11), (0.05, 0.12), dark, 0.6)
        if not male and traits.extra < 0.6:
            canvas.ellipse((side * (traits.width + 0.04), 0.37), (0.055, 0.07), (240, 214, 130))
    canvas.polygon(outline, traits.skin)
    away = np.array([(0.95, -1.2), (0.42, 0.0), (0.5, 1.3), (1.6, 1.3), (1.6, -1.2)])
    canvas.shade(away * np.array([-traits.light, 1.0]), dark, 0.5, 0.16, outline)
    lit = (outline + np.array([traits.light * 0.5, -0.12])) * np.array([0.45, 0.4])
    canvas.shade(lit, mixed(traits.skin, (255, 255, 255), 0.5), 0.4, 0.2, outline)
    blush = mixed(traits.skin, (226, 84, 84), 0.3 if male else 0.45)
    for side in (-1, 1):
        canvas.shade(oval((0.4 * side, 0.36), (0.17, 0.13), 20), blush, 0.5, 0.08, outline)
    if male and traits.extra < 0.4:
        lip = arc([(-0.5, 0.42), (-0.2, 0.5), (0.2, 0.5), (0.5, 0.42)])
        beard = np.concatenate([outline[outline[:, 1] > 0.35], lip])
        around = np.argsort(np.arctan2(beard[:, 1] - 0.7, beard[:, 0]))
        stubble = mixed(traits.hair, traits.skin, 0.3)
        canvas.shade(beard[around], stubble, 0.45, 0.05, outline)


def _eye(canvas: FaceCanvas, traits: Traits, side: int, lid: str, male: bool) -> None:
    """One eye: `side` −1 is at the left of the picture."""
    x, y, half, opening = side * traits.eye_gap, traits.eye_height, 0.215, _OPENING[lid]

    def at(inward: float, up: float) -> tuple[float, float]:
        return x - side * inward * half, y - up

    upper = [at(1, -0.02), at(0.45, opening * 0.95), at(-0.2, opening * 1.05), at(-1, 0.035)]
    lower = [at(-0.6, -opening * 0.55), at(0.3, -opening * 0.7)]
    shape = smooth([*upper, *lower])
    dark = mixed(traits.skin, (70, 30, 26), 0.55)
    socket = oval((x, y - 0.05), (1.25 * half, 0.24), 24)
    canvas.shade(socket, mixed(traits.skin, (120, 60, 50), 0.4), 0.4, 0.05, socket)
    canvas.polygon(shape, (250, 248, 244))
    middle = at(0.02, 0.02)
    canvas.shade(oval(middle, (0.5 * half, 0.112)), traits.iris, 1.0, 0.001, shape)
    canvas.shade(oval(middle, (0.24 * half, 0.055)), (18, 14, 14), 1.0, 0.001, shape)
    canvas.ellipse((x + 0.035, y - 0.055), (0.024, 0.024), (255, 255, 255), 0.95)
    lash = arc([at(1.06, -0.03), at(0.4, opening * 1.0), at(-0.3, opening * 1.08), at(-1.1, 0.05)])
    canvas.line(lash, 0.075 if not male else 0.055, (34, 24, 24))
    if not male:
        canvas.line(arc([at(-0.9, 0.05), at(-1.2, 0.09), at(-1.4, 0.15)], 8), 0.05, (34, 24, 24))
    below = [at(0.7, -opening * 0.62), at(0, -opening * 0.85), at(-0.8, -opening * 0.45)]
    canvas.line(arc(below), 0.03, dark, 0.7)
    if lid == "single":
        heavy = [at(1.0, 0.02), at(0.3, opening + 0.1), at(-0.5, opening + 0.1), at(-1.1, 0.06)]
        canvas.line(arc(heavy), 0.1, mixed(traits.skin, (255, 240, 230), 0.25), 0.5)
    else:
        crease = [at(inward, opening * share + up) for inward, share, up in _CREASES[lid]]
        canvas.line(arc(crease), 0.06, dark)


def _brow(canvas: FaceCanvas, traits: Traits, side: int, male: bool) -> None:
    x, y = side * traits.eye_gap, traits.eye_height - 0.33 - traits.brow
    arch = 0.02 if male else 0.07
    points = [(x - side * 0.24, y + 0.04), (x + side * 0.05, y - arch), (x + side * 0.28, y + 0.05)]
    canvas.line(arc(points), 0.13 if male else 0.075, mixed(traits.hair, (20, 14, 14), 0.3))


def _nose(canvas: FaceCanvas, traits: Traits) -> None:
    tip, dark = traits.eye_height + 0.06 + traits.nose, mixed(traits.skin, (90, 40, 30), 0.45)
    away = -1 if traits.light > 0 else 1
    canvas.line(
        arc([(away * 0.06, 0.05), (away * 0.07, tip - 0.15), (away * 0.13, tip)]), 0.04, dark, 0.45
    )
    canvas.line(
        arc([(-0.13, tip), (-0.05, tip + 0.045), (0.05, tip + 0.045), (0.13, tip)]), 0.05, dark, 0.8
    )
    shine = mixed(traits.skin, (255, 255, 255), 0.45)
    canvas.ellipse((-away * 0.02, tip - 0.07), (0.035, 0.05), shine, 0.6)


def _mouth(canvas: FaceCanvas, traits: Traits, male: bool) -> None:
    y, half, rise = 0.66, traits.mouth, traits.smile
    red = mixed(traits.skin, (176, 48, 60), 0.38 if male else 0.72)
    full = 0.05 if male else 0.075
    upper = [
        (-half, y - rise),
        (-half * 0.35, y - full),
        (0, y - full * 0.6),
        (half * 0.35, y - full),
    ]
    lower = [(half, y - rise), (half * 0.4, y + full * 1.2), (-half * 0.4, y + full * 1.2)]
    canvas.blob([*upper, *lower], red)
    parting = arc([(-half, y - rise), (0, y + 0.02), (half, y - rise)])
    canvas.line(parting, 0.035, mixed(red, (50, 10, 14), 0.6))
    canvas.ellipse((0, y + full * 0.75), (half * 0.3, 0.018), mixed(red, (255, 255, 255), 0.5), 0.7)
