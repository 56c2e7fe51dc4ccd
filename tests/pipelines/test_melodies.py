"""Melodies: MIDI files, harmony, the data set's files and its pipeline."""

import io

import mido
import numpy as np
import pytest

from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.harmony import (
    CHORDS,
    harmony_scores,
    key_of,
    nearest_triad,
    parse_chords,
    transposed,
    triad,
)  # fmt: skip
from keras_t2i.pipelines.melodies import melody_bars, read_melodies
from keras_t2i.pipelines.midi import LOWEST, SPAN, midi_bytes, read_midi
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.sources.midi_files import MidiFiles
from keras_t2i.pipelines.sources.tunes import Tunes


@pytest.fixture(scope="module")
def tunes(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "tunes"
    prepare_melodies(Tunes(20), out)
    return out


def test_chords_are_what_they_are_called():
    assert list(triad(CHORDS.index("C"))) == [0, 4, 7]
    assert list(triad(CHORDS.index("Am"))) == [9, 0, 4]
    assert parse_chords("C | Bb, F#m") == [0, 10, 18]
    assert CHORDS[transposed(CHORDS.index("Am"), 3)] == "Cm"
    for chord in range(24):
        weights = np.zeros(12)
        weights[triad(chord)] = 1
        assert nearest_triad(weights) == chord
    assert key_of(parse_chords("C G Am F")) == 0
    assert key_of(parse_chords("Em C D G")) == 7
    for text, rule in (("", "one chord for each bar"), ("C H", "Received: 'H' in 'C H'")):
        with pytest.raises(InputError, match=rule):
            parse_chords(text)


def test_scores_of_known_melodies():
    chords = np.array([parse_chords("C F")])
    of_chord = np.array([[[60, 64, 67, 72] * 4, [65, 69, 72, 77] * 4]])
    scores = harmony_scores(of_chord, chords)
    assert (scores["in_key"], scores["in_chord"], scores["notes_a_bar"]) == (1.0, 1.0, 16.0)
    outside = harmony_scores(np.full((1, 2, 16), 61), chords)
    assert (outside["in_key"], outside["in_chord"], outside["step"]) == (0.0, 0.0, 0.0)


def test_tunes_keep_to_their_key_and_are_the_same_each_time(tunes, tmp_path):
    pitches, chords = read_melodies(tunes, "train").pieces(8)
    assert pitches.shape == (16, 8, 16)
    assert pitches.min() >= LOWEST
    assert pitches.max() < LOWEST + SPAN
    scores = harmony_scores(pitches, chords)
    assert scores["in_key"] == 1.0
    assert scores["in_chord"] > 0.7
    assert len({key_of(row) for row in chords}) > 5
    prepare_melodies(Tunes(20), tmp_path / "again")
    again = read_melodies(tmp_path / "again", "train")
    np.testing.assert_array_equal(again.pieces(8)[0], pitches)


def test_a_midi_file_comes_back(tunes, tmp_path):
    for melody, chords in zip(*read_melodies(tunes, "train").pieces(8), strict=True):
        (tmp_path / "x.mid").write_bytes(midi_bytes(melody, chords))
        pitches, found = read_midi(tmp_path / "x.mid")
        np.testing.assert_array_equal(pitches, melody)
        np.testing.assert_array_equal(found, chords)


def save(path, *tracks, metre=(4, 4)):
    """Tracks of (pitch or None, sixteenths); the metre in the first."""
    midi = mido.MidiFile(ticks_per_beat=480)
    for number, (name, notes) in enumerate(tracks):
        track, rest = midi.add_track(name), 0
        if number == 0:
            beats, unit = metre
            track.append(mido.MetaMessage("time_signature", numerator=beats, denominator=unit))
        for pitch, length in notes:
            if pitch is None:
                rest += 120 * length
                continue
            track.append(mido.Message("note_on", note=pitch, velocity=80, time=rest))
            track.append(mido.Message("note_on", note=pitch, velocity=0, time=120 * length))
            rest = 0
    midi.save(str(path))


def test_what_is_read_of_a_file(tmp_path):
    file = tmp_path / "x.mid"
    save(
        file,
        ("bass", [(36, 16), (41, 16)]),
        ("Melody", [(None, 4), (40, 4), (None, 4), (100, 4), (64, 16)]),
    )
    pitches, chords = read_midi(file)
    np.testing.assert_array_equal(pitches[0], [64] * 12 + [76] * 4)  # rests filled, octaves folded
    assert [chord % 12 for chord in chords] == [0, 5]
    save(file, ("", [(60, 8), (64, 4), (67, 4), (69, 16)]))
    assert CHORDS[read_midi(file)[1][0]] == "C"  # of the melody alone


@pytest.mark.parametrize(
    ("tracks", "metre", "rule"),
    [
        ([("", [(60, 32)])], (3, 4), "metre must be 4/4 .* 3/4"),
        ([("", [(60, 16)])], (4, 4), "1 whole bars; 2 to"),
        ([("", [])], (4, 4), "no notes"),
    ],
)
def test_files_that_cannot_be_used(tracks, metre, rule, tmp_path):
    save(tmp_path / "x.mid", *tracks, metre=metre)
    with pytest.raises(InputError, match=rule):
        read_midi(tmp_path / "x.mid")


def write_track(path, messages, kind=1):
    """A file of one track; messages are (type, channel, note or control, time)."""
    midi = mido.MidiFile(ticks_per_beat=480, type=kind)
    track = midi.add_track("")
    for name, channel, number, time in messages:
        fields = {"control": number, "value": 120} if name == "control_change" else {"note": number}
        track.append(mido.Message(name, channel=channel, time=time, **fields))
    midi.save(str(path))
    return path


def test_notes_are_told_apart_by_channel_and_pitch(tmp_path):
    file = write_track(tmp_path / "x.mid", [
        ("note_on", 0, 72, 0), ("note_on", 1, 72, 0), ("note_off", 1, 72, 120),
        ("note_off", 0, 72, 32 * 120 - 120),
    ])  # fmt: skip
    np.testing.assert_array_equal(read_midi(file)[0], np.full((2, 16), 72))


@pytest.mark.parametrize(("channel", "kit"), [(9, ()), (4, (("control_change", 4, 0, 0),))])
def test_channels_of_drums_are_left_out(tmp_path, channel, kit):
    drums = [("note_on", channel, 83, 0), ("note_off", channel, 83, 32 * 120)]
    file = write_track(tmp_path / "x.mid", [
        *kit, drums[0], ("note_on", 0, 62, 0), ("note_off", 0, 62, 32 * 120), (*drums[1][:3], 0),
    ])  # fmt: skip
    np.testing.assert_array_equal(read_midi(file)[0], np.full((2, 16), 62))
    with pytest.raises(InputError, match="no notes in it"):
        read_midi(write_track(tmp_path / "y.mid", [*kit, *drums]))


def test_independent_tracks_are_refused(tmp_path):
    notes = [("note_on", 0, 72, 0), ("note_off", 0, 72, 32 * 120)]
    with pytest.raises(InputError, match=r"x\.mid: a MIDI file of type 2 has tracks that do not"):
        read_midi(write_track(tmp_path / "x.mid", notes, kind=2))
    assert len(read_midi(write_track(tmp_path / "y.mid", notes, kind=0))[0]) == 2


def test_damaged_files_are_told_of_or_read(tunes, tmp_path):
    melody, chords = (part[0] for part in read_melodies(tunes, "train").pieces(8))
    midi = mido.MidiFile(file=io.BytesIO(midi_bytes(melody, chords)))
    midi.tracks[0].insert(0, mido.MetaMessage("key_signature", key="C"))
    midi.save(str(tmp_path / "good.mid"))
    good, rng = (tmp_path / "good.mid").read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(400):
        damaged = bytearray(good[: rng.integers(20, len(good) + 1)] if rng.random() < 0.2 else good)
        for place in rng.integers(0, min(len(damaged), 80), 2):
            damaged[place] = rng.integers(256)
        (tmp_path / "x.mid").write_bytes(bytes(damaged))
        try:
            read_midi(tmp_path / "x.mid")
        except InputError:
            refused += 1
    assert 100 < refused < 400


@pytest.mark.parametrize("wrong", [{"count": 0}, {"seed": -1}])
def test_tunes_that_cannot_be(wrong, tmp_path):
    with pytest.raises(InputError, match="at least 1, and --seed not negative"):
        prepare_melodies(Tunes(**wrong), tmp_path / "out")


def test_a_folder_of_files(tunes, tmp_path):
    melody, chords = (part[0] for part in read_melodies(tunes, "train").pieces(8))
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    for i in range(10):
        (folder / f"{i}.mid").write_bytes(midi_bytes(melody, chords))
    (folder / "bad.midi").write_bytes(midi_bytes(melody, chords)[:40])
    with pytest.raises(InputError, match=r"bad.midi: not readable as a MIDI file .*--skip-broken"):
        prepare_melodies(MidiFiles(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    only_bad = MidiFiles(tmp_path / "bad")
    only_bad.source.mkdir()
    (only_bad.source / "bad.mid").write_bytes(b"")
    with pytest.raises(InputError, match=r"no melodies are left.*1 skipped, first: .*bad\.mid"):
        prepare_melodies(only_bad, tmp_path / "out", skip_broken=True)
    info = prepare_melodies(MidiFiles(tmp_path / "in"), tmp_path / "out", skip_broken=True)
    assert {name: split.pictures for name, split in info.splits.items()} == {"train": 72, "test": 8}
    assert "bad.midi" in info.skipped[0]
    for source, rule in ((tmp_path / "none", "no such folder"), (tmp_path / "out", "no .mid")):
        with pytest.raises(InputError, match=rule):
            prepare_melodies(MidiFiles(source), tmp_path / "other")


def test_bars_are_a_function_of_seed_and_step(tunes):
    split = read_melodies(tunes, "train")
    whole = [{k: v.numpy() for k, v in b.items()} for b in melody_bars(split, 6, seed=1).take(30)]
    later = next(iter(melody_bars(split, 6, seed=1, start_step=25)))
    halves = [
        next(iter(melody_bars(split, 6, seed=1, num_shards=2, shard_index=i))) for i in range(2)
    ]
    for name in ("image", "previous", "chord"):
        np.testing.assert_array_equal(later[name], whole[25][name])
        np.testing.assert_array_equal(np.concatenate([h[name] for h in halves]), whole[0][name])
    assert whole[0]["image"].shape == whole[0]["previous"].shape == (6, 16, 128)
    assert whole[0]["chord"].shape == (6, 13)
    first = np.mean([b["previous"].sum((1, 2)) == 0 for b in whole])
    assert first == pytest.approx(1 / 8, abs=0.08)
    forgetful = melody_bars(split, 64, seed=1, forget=0.5).take(4)
    left = np.mean([b["previous"].numpy().sum((1, 2)) == 0 for b in forgetful])
    assert left == pytest.approx(1 / 2 + 1 / 16, abs=0.08)


def test_transposing_keeps_melody_and_chord_together(tunes):
    split = read_melodies(tunes, "train")
    for transpose in (False, True):
        shares, roots = [], set()
        for batch in melody_bars(split, 64, transpose=transpose).take(2):
            pitches = batch["image"].numpy().argmax(-1)
            chord = batch["chord"].numpy()
            numbers = chord[:, :12].argmax(1) + 12 * chord[:, 12].astype(int)
            roots |= set(numbers)
            members = np.array([np.isin(np.arange(12), triad(c)) for c in range(24)])
            shares.append(members[numbers[:, None], pitches % 12].mean())
        assert np.mean(shares) > 0.7
        assert len(roots) > 10


def test_each_kind_of_data_for_its_own(tunes, colour_data, tmp_path):
    with pytest.raises(InputError, match="holds melodies; this needs pictures"):
        read_split(tunes, "train")
    with pytest.raises(InputError, match="holds pictures; this needs melodies"):
        read_melodies(colour_data, "train")
    with pytest.raises(InputError, match="no split 'other'"):
        read_melodies(tunes, "other")
    prepare_melodies(Tunes(12), tmp_path / "t")
    file = tmp_path / "t" / "train.npz"
    file.write_bytes(io.BytesIO(file.read_bytes()[:-1]).getvalue())
    with pytest.raises(InputError, match="altered"):
        read_melodies(tmp_path / "t", "train")
