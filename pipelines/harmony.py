"""Keys and chords, and how a melody keeps to them."""

from collections.abc import Sequence

import numpy as np

from .errors import InputError

NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
CHORDS = (*NAMES, *(f"{name}m" for name in NAMES))  # 12 major triads, 12 minor ones
_FLATS = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}
NUMBERS = {chord: number for number, chord in enumerate(CHORDS)} | {
    flat + minor: CHORDS.index(sharp + minor)
    for flat, sharp in _FLATS.items()
    for minor in ("", "m")
}
"""Number of each chord in `CHORDS`, in all its spellings."""
BARS = "|,"
"""What may stand between chords, beside white space."""
RULE = "A chord must be a root such as C, F# or Bb, and m for minor."
NEEDED = "A progression needs one chord for each bar, such as C G Am F."
MOST_BARS = 4096
TOO_LONG = f"A progression has at most {MOST_BARS} chords."
_SCALE = (0, 2, 4, 5, 7, 9, 11)


def triad(chord: int) -> np.ndarray:
    """The pitch classes of a chord: root, third, fifth."""
    root, minor = chord % 12, chord >= 12
    return (root + np.array([0, 3 if minor else 4, 7])) % 12


def transposed(chord: int, semitones: int) -> int:
    """The chord with its root moved."""
    return (chord + semitones) % 12 + 12 * (chord >= 12)


def parse_chords(text: str) -> list[int]:
    """A progression such as `C G Am F`, with one chord for each bar.

    Raises:
        InputError: No chord, one that is no major or minor triad, or too many of them.
    """
    words = text.translate(dict.fromkeys(map(ord, BARS), " ")).split()
    if not words:
        raise InputError(f"{NEEDED} Received: {text!r}.")
    if len(words) > MOST_BARS:
        raise InputError(f"{TOO_LONG} Received: {len(words)}.")
    for word in words:
        if word not in NUMBERS:
            raise InputError(f"{RULE} Received: {word!r} in {text!r}.")
    return [NUMBERS[word] for word in words]


def nearest_triad(weights: np.ndarray) -> int:
    """The triad that holds most of what sounds; of equals, the one whose root sounds longest.

    Args:
        weights: Durations of the pitch classes, (12,).
    """
    held = [weights[triad(chord)].sum() + 0.1 * weights[chord % 12] for chord in range(24)]
    return int(np.argmax(held))


def key_of(chords: Sequence[int]) -> int:
    """The major key whose scale holds most of the chords' tones (a minor key is its relative's)."""
    tones = np.concatenate([triad(chord) for chord in chords])
    return int(np.argmax([np.isin((tones - key) % 12, _SCALE).mean() for key in range(12)]))


def harmony_scores(pitches: np.ndarray, chords: np.ndarray) -> dict[str, float]:
    """How pieces keep to their key and to their chords.

    Args:
        pitches: MIDI numbers (N, bars, 16).
        chords: Numbers in `CHORDS` (N, bars).

    Returns:
        `in_key` and `in_chord`, shares of the steps, `notes_a_bar`: how often a bar's pitch
        changes, plus one; and `step`, the mean change, in semitones.
    """
    keys = np.array([key_of(row) for row in chords])
    in_key = np.isin((pitches - keys[:, None, None]) % 12, _SCALE)
    members = np.array([np.isin(np.arange(12), triad(c)) for c in range(24)])
    in_chord = members[chords[:, :, None], pitches % 12]
    changes = np.abs(np.diff(pitches.astype("int64"), axis=2))
    return {
        "in_key": float(in_key.mean()),
        "in_chord": float(in_chord.mean()),
        "notes_a_bar": float(1 + (changes > 0).sum(2).mean()),
        "step": float(changes[changes > 0].mean()) if (changes > 0).any() else 0.0,
    }
