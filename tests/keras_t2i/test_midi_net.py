"""MidiNet: melodies for chords, from the preset to the served model."""

from dataclasses import replace

import keras
import mido
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.latents import row_noise
from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.exporting.exported_model import ExportedModel
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.harmony import parse_chords
from keras_t2i.pipelines.melodies import chord_of, melody_bars, read_melodies, roll_of
from keras_t2i.pipelines.midi import midi_bytes, read_midi
from keras_t2i.pipelines.prepare_melodies import prepare_melodies
from keras_t2i.pipelines.sources.tunes import Tunes
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.chords_to_melody.gan import BarCritic, BarGenerator
from keras_t2i.tasks.chords_to_melody.gan_stage import MelodyGanStage
from keras_t2i.tasks.chords_to_melody.terms import FeatureMatching
from keras_t2i.training.run import Run


def tiny(**options):
    experiment = preset("midi-net-demo")
    gan = replace(
        experiment.gan, **{"epochs": 2, "width": 16, "dense_width": 16, "batch_size": 16,
        "sample_every": 1, "checkpoint_minutes": 0.0, **options},
    )  # fmt: skip
    return replace(experiment, gan=gan, deterministic=True)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "tunes"
    prepare_melodies(Tunes(20), out)
    return out


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "midi")
    fit(tiny(), data, made)
    return made


def test_networks_have_the_papers_shapes():
    noise, bar, chord = tf.zeros((2, 100)), tf.zeros((2, 16, 128)), tf.zeros((2, 13))
    generator, critic = BarGenerator(), BarCritic()
    assert generator(noise, bar, chord).shape == (2, 16, 128)
    assert critic(bar, chord).shape == (2,)
    assert critic.features(bar, chord).shape == (2, 8, 14)
    shapes = {tuple(w.shape) for w in generator.get_weights()}
    # z and chord; 157 channels: sequence, chord and what the conditioner remembers
    assert {(113, 1024), (1037, 256), (2, 128, 157), (157, 128), (128, 16), (2, 16, 16)} <= shapes
    shapes = {tuple(w.shape) for w in critic.get_weights()}
    assert {(2, 141, 14), (4, 27, 77), (244, 1024), (1037, 1)} <= shapes


def test_the_bar_before_and_the_chord_matter(data):
    model = tiny().gan.model()
    batch = next(iter(melody_bars(read_melodies(data, "train"), 16)))
    context = model.context(batch)
    same = model.network(tf.zeros((16, 100)), batch["previous"], batch["chord"])
    for previous, chord in (
        (batch["image"], batch["chord"]),
        (batch["previous"], tf.reverse(batch["chord"], [0])),
    ):
        assert np.abs(same - model.network(tf.zeros((16, 100)), previous, chord)).max() > 0
    assert context.fakes.shape == (16, 16, 128)
    assert 0 <= float(tf.reduce_min(context.fakes)) <= float(tf.reduce_max(context.fakes)) <= 1


def test_matching_is_zero_for_equal_means_and_what_the_formula_says(data):
    model = tiny().gan.model()
    batch = next(iter(melody_bars(read_melodies(data, "train"), 16)))
    context = model.context(batch)
    data_part, feature_part = (
        float(FeatureMatching(*weights)(context)) for weights in ((1.0, 0.0), (0.0, 1.0))
    )
    apart = context.real.numpy().mean(0) - context.fakes.numpy().mean(0)
    assert data_part == pytest.approx((apart**2).sum(), rel=1e-4)
    assert float(FeatureMatching(0.1, 2.0)(context)) == pytest.approx(
        0.1 * data_part + 2 * feature_part, rel=1e-4
    )
    context.fakes, context.fake_features = context.real, context.real_features
    assert float(FeatureMatching(1.0, 1.0)(context)) == 0.0


def test_a_run_says_how_it_keeps_to_key_and_chords(run):
    scores = run.summary("gan")["test"]
    assert set(scores) == {"drawn", "real", "chance"}
    assert scores["real"]["in_key"] == 1.0
    assert 0.4 < scores["chance"]["in_key"] < 0.75
    assert 0 <= scores["drawn"]["other_by_noise"] <= 1
    assert Image.open(run.path / run.summary("gan")["samples"]).size[0] == 8 * 16 * 6 + 1


def test_notes_stay_in_the_two_octaves_whatever_the_network_says(data):
    keras.utils.set_random_seed(1)
    model = MelodyGanStage(width=8, dense_width=8, conditioner_width=4, critic_width=4).model()
    last = model.average.trainable_variables[-1]
    last.assign(tf.random.stateless_normal(last.shape, (0, 1), stddev=9.0))
    notes = model.compose(tf.constant([[0, 5, 7]] * 20, tf.int64), tf.range(20, dtype=tf.int64))
    assert 60 <= notes.numpy().min() < notes.numpy().max() <= 83


def test_generate_writes_pictures_and_midi(run, tmp_path):
    made = draw(GenerateOptions(run.path, ("C G Am F", "Dm G"), count=2, out=tmp_path / "out"))
    assert len(made) == 4
    pitches, chords = read_midi(made[0].with_suffix(".mid"))
    assert list(chords) == parse_chords("C G Am F")
    assert pitches.shape == (4, 16)
    (grid,) = draw(
        GenerateOptions(run.path, ("C G Am F", "Dm G"), grid=True, out=tmp_path / "all.png")
    )
    assert len(read_midi(grid.with_suffix(".mid"))[1]) == 6
    (tmp_path / "mine.mid").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"mine\.mid exists already"):
        draw(GenerateOptions(run.path, ("C G Am F",), out=tmp_path / "mine.png"))
    assert not (tmp_path / "mine.png").exists()
    for words, rule in (((), "Give a progression"), (("C X",), "A chord must be a root")):
        with pytest.raises(InputError, match=rule):
            draw(GenerateOptions(run.path, words, out=tmp_path / "no"))
    with pytest.raises(InputError, match="--attention does not go"):
        draw(GenerateOptions(run.path, ("C",), attention=True, out=tmp_path / "no"))


def test_a_progression_is_served_bar_by_bar(run, tmp_path):
    served = tf.saved_model.load(str(export(run, tmp_path / "midi"))).signatures
    answer = served["generate"](
        chords=tf.constant(["C G Am F", "Dm G"]), seed=tf.constant([3, 4], tf.int64)
    )
    pitches = answer["pitches"].numpy()
    task = run.experiment.task(run, run.data)
    wanted = task.compose(task.gan, np.array([parse_chords("C G Am F")]), np.array([3]))
    assert pitches.shape == (2, 4, 16)
    assert (pitches[0] == wanted[0]).mean() > 0.95  # the likeliest of almost equal pitches
    assert (pitches[1, 2:] == -1).all()
    assert (pitches[1, :2] >= 0).all()
    spelled = served["serving_default"](chords=tf.constant(["Bb|Ebm, C\u3000F", "A# D#m C F"]))
    np.testing.assert_array_equal(*spelled["pitches"].numpy())
    for text, words in (
        ("C H", "A chord must be a root such as C, F# .*Received: `H`"),
        (" , ", "A progression needs one chord for each bar, .*Received: ` , `"),
        ("C " * 4097, "A progression has at most 4096 chords. Received: 4097"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            served["serving_default"](chords=tf.constant(["C", text]))


def primed(tmp_path):
    """A MIDI file of two bars, and the first of them."""
    bar = np.repeat([60, 64, 67, 72], 4)
    (tmp_path / "given.mid").write_bytes(midi_bytes(np.stack([bar, bar + 1]), np.array([0, 7])))
    return tmp_path / "given.mid", bar


def test_a_given_first_bar_is_kept_and_heard_by_the_next(run, tmp_path):
    file, bar = primed(tmp_path)
    task = run.experiment.task(run, run.data)
    after = task.continue_melody("C G Am F", file, seed=7)
    assert after.shape == (1, 4, 16)
    np.testing.assert_array_equal(after[0, 0], bar)
    np.testing.assert_array_equal(after, task.continue_melody("C G Am F", bar, seeds=[7]))
    gan, chords = task.gan, parse_chords("C G Am F")
    noise = row_noise(gan.latent, tf.constant([7 * 4096 + 1], tf.int64), gan.noise_dim)
    drawn = gan.average(noise, roll_of(bar[None]), chord_of(tf.constant(chords[1:2])))
    np.testing.assert_array_equal(after[0, 1], 60 + np.argmax(drawn[0, :, 60:84], -1))
    # The noise and the chords are those of a melody from scratch; its own first bar changes none.
    free = task.generate("C G Am F", seed=7)
    np.testing.assert_array_equal(task.continue_melody("C G Am F", free[0, 0], seed=7), free)


def test_generate_takes_the_first_bar_of_a_midi_file(run, tmp_path):
    file, bar = primed(tmp_path)
    made = draw(GenerateOptions(run.path, ("C G", "Am F"), prime=file, count=2, out=tmp_path))
    for path in made:
        pitches, _ = read_midi(path.with_suffix(".mid"))
        np.testing.assert_array_equal(pitches[0], bar)
    (tmp_path / "no.mid").write_text("no music")
    short = mido.MidiFile(ticks_per_beat=480)
    short.add_track().append(mido.Message("note_on", note=60))
    short.tracks[0].append(mido.Message("note_off", note=60, time=480))
    short.save(tmp_path / "short.mid")
    for name, rule in (
        ("no.mid", r"no\.mid: not readable as a MIDI file"),
        ("gone.mid", r"gone\.mid: not readable"),
        ("short.mid", r"short\.mid: the melody has 0 whole bars; 1 to 2000 are needed"),
    ):
        with pytest.raises(InputError, match=rule) as refused:
            draw(GenerateOptions(run.path, ("C G",), prime=tmp_path / name, out=tmp_path / "x"))
        assert "\n" not in str(refused.value)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("bar", [[60] * 15, [59] * 16, [84] * 16, [60.5] * 16])
def test_a_wrong_first_bar_is_refused(run, bar):
    task = run.experiment.task(run, run.data)
    with pytest.raises(InputError, match=r"must have 16 MIDI numbers of 60 to 83\. Received"):
        task.continue_melody("C G", np.array(bar))


def test_the_exported_model_begins_with_the_given_bar(run, tmp_path):
    file, bar = primed(tmp_path)
    exported = ExportedModel(export(run, tmp_path / "midi"))
    task = run.experiment.task(run, run.data)
    after = exported.continue_melody("C G Am F", file, seeds=[3, 4])
    np.testing.assert_array_equal(after[:, 0], [bar, bar])
    wanted = task.continue_melody("C G Am F", bar, seeds=[3, 4])
    assert (after == wanted).mean() > 0.95  # the likeliest of almost equal pitches
    short = exported.continue_melody(["C G", "C"], bar)
    assert (short[1, 1] == -1).all()
    signature = tf.saved_model.load(str(exported.folder)).signatures["continue_melody"]
    rule = r"first_bar must have MIDI numbers of 60 to 83\. Received: 90, 90, 90\."
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        signature(
            chords=tf.constant(["C"]),
            seed=tf.constant([0], tf.int64),
            first_bar=tf.fill((1, 16), tf.constant(90, tf.int64)),
        )


def test_data_of_another_kind_leaves_nothing(colour_data, tmp_path):
    with pytest.raises(InputError, match="holds pictures; this needs melodies"):
        fit(tiny(), colour_data, Run(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
