"""Outlines of a bird's parts, in bird units: x ahead, y down, the body about one long."""

from dataclasses import dataclass
from functools import cache

import numpy as np


@dataclass(frozen=True)
class Proportions:
    """Proportions by the size of a species: small birds have large heads and short legs.

    Args:
        length: Length of a bird unit, in picture sides.
        head: Scale of the head.
        reach: Place of the head, (x, y) from its place in a medium bird.
        legs: Length of the legs.
    """

    length: float
    head: float
    reach: tuple[float, float]
    legs: float


PROPORTIONS = {
    "small": Proportions(0.385, 1.2, (-0.06, 0.03), 0.16),
    "medium": Proportions(0.44, 1.0, (0.0, 0.0), 0.21),
    "large": Proportions(0.49, 0.86, (0.06, -0.1), 0.27),
}


def smooth(corners: list[tuple[float, float]], steps: int = 7) -> np.ndarray:
    """Draw a closed Catmull-Rom curve through corners: (len(corners) * steps, 2)."""
    p = np.array(corners)
    before, after, second = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    curve = 0.5 * (
        2 * p
        + (after - before) * t
        + (2 * before - 5 * p + 4 * after - second) * t**2
        + (3 * p - before - 3 * after + second) * t**3
    )
    return curve.transpose(1, 0, 2).reshape(-1, 2)


_HEAD_CENTRE = np.array([0.36, -0.28])
_NAPE_TO_THROAT = [(0.19, -0.34), (0.32, -0.475), (0.47, -0.44), (0.555, -0.30), (0.50, -0.14)]
_THROAT_TO_TAIL = [(0.47, 0.04), (0.3, 0.25), (0.0, 0.33), (-0.3, 0.24), (-0.52, 0.08)]
_TAIL_TO_NAPE = [(-0.54, -0.04), (-0.3, -0.17), (0.0, -0.25)]


def head(shape: np.ndarray, size: str) -> np.ndarray:
    """Carry a shape on the head of a medium bird over to a bird of another size."""
    proportions = PROPORTIONS[size]
    return _HEAD_CENTRE + proportions.reach + proportions.head * (shape - _HEAD_CENTRE)


@cache
def body(size: str) -> np.ndarray:
    """Return the outline of body and head."""
    upper = head(np.array(_NAPE_TO_THROAT), size).tolist()
    return smooth([*upper, *_THROAT_TO_TAIL, *_TAIL_TO_NAPE])


TAIL = np.array(
    [(-0.4, -0.1), (-0.82, -0.07), (-0.87, 0.0), (-0.81, 0.04), (-0.85, 0.11), (-0.4, 0.14)]
)
BREAST = smooth(
    [(0.62, -0.16), (0.6, 0.2), (0.3, 0.42), (-0.2, 0.42), (-0.32, 0.22), (0.05, 0.17), (0.31, 0.0)]
)
CROWN = smooth(
    [(0.16, -0.3), (0.16, -0.5), (0.36, -0.62), (0.62, -0.5), (0.6, -0.36), (0.4, -0.39)]
)
BILLS = {
    "short": np.array([(0.53, -0.345), (0.72, -0.265), (0.53, -0.21)]),
    "thick": smooth([(0.5, -0.39), (0.64, -0.36), (0.75, -0.24), (0.62, -0.17), (0.5, -0.17)]),
    "long": np.array([(0.52, -0.34), (0.74, -0.29), (1.0, -0.21), (0.74, -0.225), (0.52, -0.21)]),
    "hooked": smooth(
        [(0.5, -0.39), (0.64, -0.38), (0.74, -0.28), (0.72, -0.12), (0.65, -0.2), (0.5, -0.19)]
    ),
}
FOLDED_WING = smooth(
    [(0.16, -0.06), (0.08, -0.14), (-0.15, -0.12), (-0.45, -0.06), (-0.68, 0.0), (-0.4, 0.07),
     (-0.12, 0.12), (0.1, 0.07)]
)  # fmt: skip
RAISED_WING = smooth(
    [(0.12, -0.12), (0.1, -0.32), (-0.02, -0.56), (-0.23, -0.79), (-0.26, -0.68), (-0.34, -0.61),
     (-0.32, -0.5), (-0.36, -0.39), (-0.3, -0.3), (-0.28, -0.19), (-0.15, -0.08), (0.01, -0.03)]
)  # fmt: skip
FAR_WING = smooth(
    [(0.16, -0.14), (0.23, -0.36), (0.2, -0.56), (0.08, -0.77), (0.03, -0.64), (-0.03, -0.52),
     (-0.04, -0.36), (0.0, -0.14)]
)  # fmt: skip

# Lines between the feathers, (2, 2) each.
FOLDED_FEATHERS = [
    np.array([[-0.02, 0.05], [-0.42, 0.045]]),
    np.array([[0.0, 0.0], [-0.53, 0.005]]),
    np.array([[0.0, -0.05], [-0.48, -0.03]]),
]
RAISED_FEATHERS = [
    np.array([[-0.02, -0.3], [-0.24, -0.66]]),
    np.array([[-0.02, -0.23], [-0.31, -0.51]]),
    np.array([[-0.02, -0.17], [-0.29, -0.32]]),
    np.array([[-0.03, -0.12], [-0.23, -0.17]]),
]

_BAR = np.array([(-0.045, -0.9), (0.035, -0.9), (0.085, 0.6), (0.005, 0.6)])
BARS = [_BAR + np.array([0.16 * i - 0.1, 0]) for i in range(-5, 6)]

_TURN = np.linspace(0, 2 * np.pi, 12, endpoint=False)
_DOT = 0.042 * np.stack([np.cos(_TURN), np.sin(_TURN)], 1)
DOTS = [
    _DOT + np.array([0.17 * (i + 0.5 * (j % 2)) - 0.04, 0.115 * j - 0.01])
    for i in range(-4, 5)
    for j in range(-8, 4)
]
