"""The parts of the studio that need no page: marked words, sounds, examples."""

import numpy as np
import pytest

from serving.studio.caption_field import underlined
from serving.studio.melody import note_name
from serving.studio.sound import RATE, sound_of


def marked(text):
    """What is underlined."""
    return [part.partition(">")[2].partition("</u>")[0] for part in text.split("<u ")[1:]]


@pytest.mark.parametrize(
    ("caption", "words", "expected"),
    [
        ("a red fox", ["fox"], ["fox"]),
        ("Fox and foxes, FOX", ["fox"], ["Fox", "FOX"]),  # a word, not a part of another
        ("빨간 새와 여우", ["여우"], ["여우"]),
        ("一隻紅色的狐狸", ["狐"], ["狐"]),  # without spaces
        ("ＦＯＸ", ["fox"], ["fox"]),  # written otherwise: after the caption
        ("a <b>x</b>", ["<b>x</b>"], ["&lt;b&gt;x&lt;/b&gt;"]),
        ("c++ (fox)", ["c++", "(fox)"], ["c++", "(fox)"]),
    ],
)
def test_unknown_words_are_underlined(caption, words, expected):
    assert marked(underlined({caption: words})) == expected


def test_without_unknown_words_there_is_nothing():
    assert underlined({}) == ""


def frequency(samples):
    """The loudest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * RATE / len(samples)


def test_a_melody_sounds_at_its_pitches():
    step = round(0.125 * RATE)
    pitches = np.array([[69] * 8 + [81] * 8])  # A4: 440 Hz, then A5
    sound = sound_of(pitches, ["silent"])
    assert (sound.dtype, len(sound)) == (np.dtype("int16"), 16 * step)
    assert frequency(sound[: 8 * step]) == pytest.approx(440, abs=2)
    assert frequency(sound[8 * step :]) == pytest.approx(880, abs=2)
    assert 0.7 * 2**15 < np.abs(sound.astype(int)).max() < 2**15


def test_steps_of_one_pitch_are_one_note():
    step = round(0.125 * RATE)
    once = sound_of(np.array([[69] * 16]), ["silent"]).astype(float)
    often = sound_of(np.array([[69, 69, 69, 69, 72] + [69] * 11]), ["silent"]).astype(float)
    begun = 200  # samples of a note's soft beginning
    assert np.abs(once[4 * step : 4 * step + begun]).max() > 3 * np.abs(once[-20:]).max()
    assert np.abs(often[4 * step : 4 * step + 5]).max() < 0.1 * np.abs(often).max()


@pytest.mark.parametrize(("chord", "third"), [("C", 4), ("Cm", 3), ("F#", 4), ("F#m", 3)])
def test_chords_are_major_and_minor(chord, third):
    root = 48 if chord.startswith("C") else 54
    sound = sound_of(np.array([[100] * 16]), [chord])
    spectrum = np.abs(np.fft.rfft(sound))

    def loud(pitch):
        place = round(440 * 2 ** ((pitch - 69) / 12) * len(sound) / RATE)
        return spectrum[place - 2 : place + 3].max()

    assert loud(root + third) > 5 * loud(root + 7 - third)


def test_names_of_notes():
    assert [note_name(n) for n in (60, 61, 83)] == ["C4", "C#4", "B5"]
