"""Melodies as sound."""

from collections.abc import Sequence

import numpy as np

RATE = 22_050  # samples a second
_STEP = 0.125  # seconds of a sixteenth: 120 beats a minute
_SIXTEENTHS = 16
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_ROOTS = dict(zip(NAMES, range(48, 60), strict=True))
_DECAY = 0.6  # seconds until a note is at 1/e
_OVERTONES = (1.0, 0.5, 0.25, 0.12)


def sound_of(pitches: np.ndarray, chords: Sequence[str]) -> np.ndarray:
    """A melody above its chords: int16 samples (n,), `RATE` a second.

    Args:
        pitches: MIDI numbers (bars, 16); steps of one pitch are one note.
        chords: The chord of each bar: a root such as `C` or `F#`, and `m` for minor; others are
            silent.
    """
    step, bar = round(_STEP * RATE), round(_STEP * RATE) * _SIXTEENTHS
    made = np.zeros(bar * len(pitches), "float32")
    for number, chord in enumerate(chords):
        for pitch in _triad(chord):
            made[number * bar : (number + 1) * bar] += 0.25 * _note(pitch, bar)
    steps = pitches.reshape(-1)
    starts = np.flatnonzero(np.diff(steps, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        made[start * step : end * step] += _note(int(steps[start]), (end - start) * step)
    return np.round(made / max(float(np.abs(made).max()), 1e-9) * 0.8 * 32_767).astype("int16")


def _triad(chord: str) -> list[int]:
    """The MIDI numbers of a chord's three notes."""
    root = _ROOTS.get(chord.removesuffix("m"))
    return [] if root is None else [root, root + 3 + (not chord.endswith("m")), root + 7]


def _note(pitch: int, samples: int) -> np.ndarray:
    """A plucked string, softly begun and ended so that nothing clicks."""
    seconds = np.arange(samples) / RATE
    wave = 440.0 * 2.0 ** ((pitch - 69) / 12) * seconds * 2.0 * np.pi
    tone = sum(share * np.sin(wave * part) for part, share in enumerate(_OVERTONES, 1))
    ends = np.minimum(1.0, np.minimum(seconds, seconds[::-1]) / 0.005)
    return (tone * np.exp(-seconds / _DECAY) * ends).astype("float32")
