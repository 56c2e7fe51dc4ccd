"""Melodies as pictures."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from keras_t2i.pipelines.harmony import CHORDS, triad
from keras_t2i.pipelines.midi import LOWEST, SPAN, STEPS

_STEP, _NOTE, _TOP = 6, 7, 16
_PAPER, _LINE, _BAR, _CHORD, _MELODY = "white", "#eeeeee", "#999999", "#dce9f7", "#c0392b"


def piano_roll(pitches: np.ndarray, chords: np.ndarray, bars: int = 0) -> Image.Image:
    """A piece: time to the right, pitch upward, the chord's tones shaded, its name above.

    Args:
        pitches: MIDI numbers (bars, 16), within C4 … B5.
        chords: Numbers of `harmony.CHORDS` (bars,).
        bars: Room for at least so many.
    """
    width, height = max(len(chords), bars) * STEPS * _STEP + 1, SPAN * _NOTE + 1
    image = Image.new("RGB", (width, _TOP + height), _PAPER)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)

    def row(pitch: int) -> int:
        return _TOP + (LOWEST + SPAN - 1 - pitch) * _NOTE

    for bar, chord in enumerate(chords):
        left = bar * STEPS * _STEP
        for pitch in range(LOWEST, LOWEST + SPAN):
            fill = _CHORD if pitch % 12 in triad(int(chord)) else _PAPER
            draw.rectangle(
                (left, row(pitch), left + STEPS * _STEP, row(pitch) + _NOTE), fill, _LINE
            )
        draw.line((left, 0, left, _TOP + height), _BAR)
        draw.text((left + 4, 1), CHORDS[int(chord)], "black", font)
    for step, pitch in enumerate(np.asarray(pitches).reshape(-1)):
        left = step * _STEP
        draw.rectangle((left, row(pitch) + 1, left + _STEP, row(pitch) + _NOTE - 1), _MELODY)
    return image


def stacked(rolls: list[Image.Image]) -> Image.Image:
    """Pictures of equal width below one another."""
    image = Image.new("RGB", (rolls[0].width, sum(r.height + 6 for r in rolls) - 6), _PAPER)
    top = 0
    for roll in rolls:
        image.paste(roll, (0, top))
        top += roll.height + 6
    return image
