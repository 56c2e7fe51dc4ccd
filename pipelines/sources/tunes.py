"""Tunes with chords that the project composes itself: by rule, in every key."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InputError
from ..harmony import transposed, triad
from ..melodies import Piece
from ..midi import LOWEST, SPAN, STEPS

_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])
_DEGREES = {1: 0, 2: 14, 3: 16, 4: 5, 5: 7, 6: 21}  # the key's own triads, in C
_PROGRESSIONS = (
    (1, 5, 6, 4, 1, 5, 6, 4), (1, 6, 4, 5, 1, 6, 4, 1), (6, 4, 1, 5, 6, 4, 5, 1),
    (1, 4, 1, 5, 1, 4, 5, 1), (1, 3, 4, 5, 6, 2, 5, 1), (1, 4, 6, 5, 1, 4, 5, 1),
)  # fmt: skip
_RHYTHMS = (
    (4, 4, 4, 4), (8, 4, 4), (4, 2, 2, 4, 4), (2, 2, 4, 2, 2, 4), (6, 2, 4, 4), (4, 4, 2, 2, 2, 2),
    (6, 2, 6, 2), (2, 2, 2, 2, 4, 4),
)  # fmt: skip


@dataclass(frozen=True)
class Tunes:
    """Tunes of eight bars.

    Two bars of rhythm return throughout; strong beats take a tone of the chord near the last note,
    the others go a step along the scale or keep a tone of the chord; the end is the chord's root.

    Args:
        count: Number of tunes, at least 1.
        seed: Seed of the whole source, at least 0.
    """

    count: int = 600
    seed: int = 0

    name: ClassVar[str] = "tunes"
    preset: ClassVar[str] = "midi-net"
    licence: ClassVar[str] = "CC0-1.0"

    def pieces(self) -> Iterator[tuple[str, Piece]]:
        """Yield (split, piece): of ten, one for test and one for val.

        Raises:
            InputError: A negative seed, or no tune.
        """
        if self.count < 1 or self.seed < 0:
            raise InputError(
                "--count must be at least 1, and --seed not negative. "
                f"Received: {self.count} and {self.seed}."
            )
        for i in range(self.count):
            rng = np.random.default_rng([self.seed, i])
            pitches, chords = _tune(rng)
            split = {8: "val", 9: "test"}.get(i % 10, "train")
            yield split, Piece(f"tune-{i:05d}", pitches, chords)


def _tune(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    key = int(rng.integers(12))
    degrees = _PROGRESSIONS[rng.integers(len(_PROGRESSIONS))]
    chords = np.array([transposed(_DEGREES[degree], key) for degree in degrees])
    rhythms = [_RHYTHMS[i] for i in rng.integers(len(_RHYTHMS), size=2)]
    last, bars = int(LOWEST + 12 + rng.integers(-4, 5)), []
    for number, chord in enumerate(chords):
        ending = number == len(chords) - 1
        bar, at = np.empty(STEPS, "int64"), 0
        for length in (8, 8) if ending else rhythms[number % 2]:
            last = _next_note(rng, last, int(chord), key, at, ending)
            bar[at : at + length] = last
            at += length
        bars.append(bar)
    return np.stack(bars), chords


def _next_note(
    rng: np.random.Generator, last: int, chord: int, key: int, at: int, ending: bool
) -> int:
    """The next note: of the chord on strong beats, else mostly a step of the scale."""
    everything = np.arange(LOWEST, LOWEST + SPAN)
    tones = triad(chord)[:1] if ending and at else triad(chord)
    of_chord = everything[np.isin(everything % 12, tones)]
    if at % 8 == 0 or rng.random() < 0.25:
        near = of_chord[np.argsort(np.abs(of_chord - last), kind="stable")]
        return int(near[0] if ending else near[rng.integers(min(3, len(near)))])
    scale = everything[np.isin((everything - key) % 12, _SCALE)]
    step = rng.choice([-2, -1, 1, 2], p=[0.1, 0.4, 0.4, 0.1])
    place = int(np.argmin(np.abs(scale - last))) + int(step)
    return int(scale[np.clip(place, 0, len(scale) - 1)])
