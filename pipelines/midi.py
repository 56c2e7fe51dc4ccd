"""Melodies with chords, from MIDI files and into them."""

import io
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .harmony import nearest_triad, triad

if TYPE_CHECKING:
    import mido

STEPS = 16  # sixteenths a bar
LOWEST, SPAN = 60, 24  # C4 … B5: the two octaves of a melody
_DRUMS, _TICKS, _CHORD_OCTAVE = 9, 120, 48
_BANK_SELECT, _RHYTHM_BANK = 0, 120  # General MIDI 2: so a channel other than 10 plays drums
_INDEPENDENT = 2  # the type of a file whose tracks do not sound together
_MOST_BARS = 2000


def read_midi(path: Path, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A file's melody and chords, as Yang et al. 2017 take them.

    The melody is the track named so, else the first with notes; of notes at once the highest
    counts, a rest prolongs the note before it (or advances the next), and notes move by octaves
    into C4 … B5. A bar's chord is the major or minor triad nearest to what the other tracks play in
    it, or to the melody where there are none. Channels of drums are left out.

    Args:
        path: The file.
        least: Number of whole bars that the melody must have.

    Returns:
        MIDI numbers int64 (bars, 16), and numbers of `harmony.CHORDS` (bars,).

    Raises:
        InputError: Not a MIDI file, one of type 2, no notes, another metre than 4/4, or too few
            bars.
    """
    midi = _opened(path)
    _check_type(path, midi)
    _check_metre(path, midi)
    drums, ticks = _drum_channels(midi), midi.ticks_per_beat
    tracks = [(str(track.name), _notes(track, ticks, drums)) for track in midi.tracks]
    tracks = [(name, notes) for name, notes in tracks if notes]
    if not tracks:
        raise InputError(f"{path}: no notes in it.")
    named = [i for i, (name, _) in enumerate(tracks) if "melody" in name.lower()]
    chosen = named[0] if named else 0
    melody = tracks[chosen][1]
    others = [note for i, (_, notes) in enumerate(tracks) if i != chosen for note in notes]
    bars = max(end for _, end, _ in melody) // STEPS
    if not least <= bars <= _MOST_BARS:
        raise InputError(
            f"{path}: the melody has {bars} whole bars; {least} to {_MOST_BARS} are needed."
        )
    pitches = _line(melody, bars * STEPS).reshape(bars, STEPS)
    return pitches, _chords(others or melody, bars)


def first_bar(melody: Path | str | np.ndarray) -> np.ndarray:
    """The bar that a melody is given to begin with: MIDI numbers int64 (16,), C4 … B5.

    Args:
        melody: A MIDI file, of which the melody's first bar counts (`read_midi`); or the bar
            itself.

    Raises:
        InputError: A file that is no MIDI file in 4/4 with a whole bar of melody, or no such bar.
    """
    if isinstance(melody, str | Path):
        return read_midi(Path(melody), least=1)[0][0]
    bar = np.asarray(melody)
    fits = bar.shape == (STEPS,) and np.issubdtype(bar.dtype, np.integer)
    if not fits or bar.min() < LOWEST or bar.max() >= LOWEST + SPAN:
        raise InputError(
            f"A first bar must have {STEPS} MIDI numbers of {LOWEST} to {LOWEST + SPAN - 1}. "
            f"Received: {melody!r}."
        )
    return bar.astype("int64")


def midi_bytes(pitches: np.ndarray, chords: np.ndarray, tempo: int = 120) -> bytes:
    """A MIDI file of a melody and its chords, each in a track of its own.

    Args:
        pitches: MIDI numbers (bars, 16); equal neighbours within a bar are one note.
        chords: Numbers of `harmony.CHORDS` (bars,).
        tempo: Number of quarters per minute.
    """
    import mido

    midi = mido.MidiFile(ticks_per_beat=4 * _TICKS)
    melody, harmony = midi.add_track("melody"), midi.add_track("chords")
    melody.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    melody.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    for bar in np.asarray(pitches):
        edges = [0, *(np.flatnonzero(np.diff(bar)) + 1), STEPS]
        for start, end in pairwise(edges):
            _play(melody, [int(bar[start])], int(end - start) * _TICKS, 90)
    for chord in chords:
        _play(harmony, [_CHORD_OCTAVE + int(p) for p in triad(int(chord))], STEPS * _TICKS, 60)
    held = io.BytesIO()
    midi.save(file=held)
    return held.getvalue()


def _play(track: Any, notes: list[int], ticks: int, loudness: int) -> None:
    import mido

    for note in notes:
        track.append(mido.Message("note_on", note=note, velocity=loudness, time=0))
    for i, note in enumerate(notes):
        track.append(mido.Message("note_off", note=note, velocity=0, time=0 if i else ticks))


def _opened(path: Path) -> "mido.MidiFile":
    import mido

    broken = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError)
    try:
        return mido.MidiFile(str(path))
    except (*broken, mido.KeySignatureError) as error:
        reason = str(error) or "it ends too soon"
        raise InputError(f"{path}: not readable as a MIDI file ({reason}).") from error


def _check_type(path: Path, midi: "mido.MidiFile") -> None:
    if midi.type == _INDEPENDENT:
        raise InputError(
            f"{path}: a MIDI file of type 2 has tracks that do not belong together; save each as a "
            "file of type 0 or 1."
        )


def _check_metre(path: Path, midi: "mido.MidiFile") -> None:
    if midi.ticks_per_beat <= 0:
        raise InputError(f"{path}: its time is in frames, not in beats.")
    for track in midi.tracks:
        for message in track:
            if message.type == "time_signature" and message.numerator != message.denominator:
                raise InputError(
                    f"{path}: the metre must be 4/4 throughout. Received: "
                    f"{message.numerator}/{message.denominator}."
                )


def _drum_channels(midi: "mido.MidiFile") -> set[int]:
    """The channels that play drums: the tenth, and those that choose the bank of rhythm."""
    chosen = {
        message.channel
        for track in midi.tracks
        for message in track
        if message.type == "control_change"
        and (message.control, message.value) == (_BANK_SELECT, _RHYTHM_BANK)
    }
    return chosen | {_DRUMS}


def _notes(track: Any, ticks_per_beat: int, drums: set[int]) -> list[tuple[int, int, int]]:
    """A track's notes: (first sixteenth, sixteenth after the last, pitch), but for drums."""
    sounding: dict[tuple[int, int], int] = {}  # since when, by channel and pitch
    found, now = [], 0

    def close(channel: int, pitch: int) -> None:
        start = round(4 * sounding.pop((channel, pitch)) / ticks_per_beat)
        found.append((start, max(start + 1, round(4 * now / ticks_per_beat)), pitch))

    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel in drums:
            continue
        note = message.channel, message.note
        if note in sounding:
            close(*note)
        if message.type == "note_on" and message.velocity > 0:
            sounding[note] = now
    for note in list(sounding):
        close(*note)
    return found


def _line(notes: list[tuple[int, int, int]], steps: int) -> np.ndarray:
    """The highest note of each step, without rests, in two octaves."""
    line = np.full(steps, -1, "int64")
    for start, end, pitch in notes:
        line[start:end] = np.maximum(line[start:end], pitch)
    known = np.flatnonzero(line >= 0)
    before = np.searchsorted(known, np.arange(steps), "right") - 1
    line = line[known[np.maximum(before, 0)]]
    octave = np.where(line < LOWEST, LOWEST, LOWEST + 12)
    outside = (line < LOWEST) | (line >= LOWEST + SPAN)
    return np.where(outside, octave + line % 12, line)


def _chords(notes: list[tuple[int, int, int]], bars: int) -> np.ndarray:
    """The nearest triad of each bar; a silent bar keeps the one before it, or takes the next."""
    weights = np.zeros((bars * STEPS, 12))
    for start, end, pitch in notes:
        weights[start:end, pitch % 12] += 1
    weights = weights.reshape(bars, STEPS, 12).sum(1)
    known = np.flatnonzero(weights.sum(1))
    if not known.size:
        return np.zeros(bars, "int64")
    before = np.searchsorted(known, np.arange(bars), "right") - 1
    return np.array([nearest_triad(weights[known[max(i, 0)]]) for i in before])
