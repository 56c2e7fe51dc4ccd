"""Letters as tokens, and captions' embeddings that fit their pictures'."""

import json
from dataclasses import replace
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.commands.export import export
from keras_t2i.pipelines.records import DatasetInfo, read_split, write_dataset
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.text_to_image import joint_encoder_stage
from keras_t2i.tasks.text_to_image.encoder_stage import EncoderStage, kinds_of
from keras_t2i.tasks.text_to_image.joint_encoder import matched, structured_joint_loss
from keras_t2i.tasks.text_to_image.joint_encoder_stage import (
    JointEncoderStage,
    part_of_split,
    retrieval,
)
from keras_t2i.tasks.text_to_image.terms import Matching
from keras_t2i.text.characters import ALPHABET
from keras_t2i.text.encoder import words_of
from keras_t2i.text.specs import CharacterRecurrent, Characters, Words
from keras_t2i.text.tokenizer import END, SPECIAL, START, UNKNOWN
from keras_t2i.training.run import Run
from tests.conftest import colour_records
from tests.tiny_run import tiny


@pytest.fixture(scope="module")
def letters():
    return Characters(12).learn([])


def test_letters_are_tokens(letters, tmp_path):
    row = letters(["A b-é!"])[0]
    found = [letters.vocabulary[i] for i in row]
    assert found == [START, "a", " ", "b", "-", UNKNOWN, "!", END, "", "", "", ""]
    assert len(set(ALPHABET)) == len(ALPHABET)
    letters.save(tmp_path)
    again = Characters(12).load(tmp_path)
    np.testing.assert_array_equal(again(["any bird"]), letters(["any bird"]))
    assert letters.unknown_words("a é") == ["é"]


def test_padding_changes_nothing():
    keras.utils.set_random_seed(0)
    long, short = Characters(60).learn([]), Characters(30).learn([])
    build = {"vocabulary_size": len(long.vocabulary), "classes": 3, "embedding_dim": 5}
    encoders = [CharacterRecurrent((6, 6, 6)).build(length=n, **build) for n in (60, 30)]
    tokens = [spec(["a red bird"]) for spec in (long, short)]
    for encoder, rows in zip(encoders, tokens, strict=True):
        encoder(tf.constant(rows))
    encoders[1].set_weights(encoders[0].get_weights())
    found = [
        np.asarray(encoder.encode(tf.constant(rows))["embedding"])
        for encoder, rows in zip(encoders, tokens, strict=True)
    ]
    np.testing.assert_allclose(found[0], found[1], atol=1e-5)
    attention = np.asarray(encoders[0].encode(tf.constant(tokens[0]))["attention"])
    np.testing.assert_allclose(attention.sum(-1), 1, rtol=1e-5)
    assert attention[0, 0, 12:].sum() == 0


def test_the_objective_against_numpy():
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(5, 5)).astype("float32"), np.array([0, 1, 1, 2, 0])
    total, pairs = 0.0, 0
    for i in range(5):
        for j in range(5):
            if labels[i] != labels[j]:
                total += max(0, 1 + scores[i, j] - scores[i, i])
                total += max(0, 1 + scores[i, j] - scores[j, j])
                pairs += 1
    found = structured_joint_loss(tf.constant(scores), tf.constant(labels))
    assert float(found) == pytest.approx(total / pairs, rel=1e-5)
    assert float(structured_joint_loss(tf.constant(scores), tf.zeros(5, tf.int64))) == 0
    perfect = tf.constant(np.eye(5, dtype="float32") * 9)
    assert float(structured_joint_loss(perfect, tf.constant(labels))) == 0
    assert float(matched(perfect, tf.constant(labels))) == 1


def test_a_part_of_a_split_keeps_its_captions(colours):
    wanted = np.arange(len(colours.ids)) % 3 == 1
    part = part_of_split(colours, wanted)
    assert len(part.images) == wanted.sum() == len(part.ids)
    row = 2
    whole = np.flatnonzero(wanted)[row]
    theirs = colours.captions[colours.caption_starts[whole] : colours.caption_starts[whole + 1]]
    assert part.captions[part.caption_starts[row] : part.caption_starts[row + 1]] == theirs


def test_pictures_without_classes_are_a_class_each(colours, colour_data, tmp_path):
    no_classes = replace(colours, labels=np.full(len(colours.labels), -1))
    assert len(set(kinds_of(no_classes))) == len(colours.labels)
    np.testing.assert_array_equal(kinds_of(colours), colours.labels)
    stage = JointEncoderStage(
        Characters(24),
        CharacterRecurrent((4, 4, 4)),
        image_channels=(4, 4),
        embedding_dim=4,
        batch_size=9,
    )
    experiment, run = replace(tiny("gan-int-cls"), encoder=stage), Run(tmp_path / "run")
    run.open(experiment, DatasetInfo.load(colour_data), colour_data)
    task = experiment.task(run, colour_data)
    task.splits["train"] = replace(task.split, labels=np.full(len(task.split.ids), -1))
    batch = next(iter(task.build(stage).dataset(0)))
    assert len(set(batch["label"].numpy())) == 9  # else no pair would teach anything
    # Of pictures with classes, only where each shall be one by itself.
    for by_picture, kinds in ((False, 3), (True, 9)):
        other = replace(experiment, encoder=replace(stage, by_picture=by_picture))
        task = other.task(run, colour_data)
        batch = next(iter(task.build(other.encoder).dataset(0)))
        assert len(set(batch["label"].numpy())) <= kinds
        assert (len(set(batch["label"].numpy())) > 3) == by_picture


@pytest.fixture(scope="module")
def classless_data(tmp_path_factory):
    """The colours without their classes: 30 pictures to train on."""
    out = tmp_path_factory.mktemp("classless") / "data"
    info = DatasetInfo("colours", "CC0", image_size=16, stored_size=19)
    records = ((split, replace(r, label=-1, attributes=())) for split, r in colour_records(19))
    write_dataset(out, info, records)
    return out


def test_without_classes_an_encoder_learns_beside_the_pictures(classless_data, tmp_path, capsys):
    run = Run(tmp_path / "run")
    task = fit(tiny(pairs=16), classless_data, run)
    stage = run.experiment.encoder
    assert isinstance(stage, JointEncoderStage)
    assert (stage.epochs, stage.embedding_dim, stage.tokenizer) == (3, 8, Words(8))
    assert task.encoder._species.units == 1  # it grows with no pictures
    assert {"train_accuracy", "best_possible_train_accuracy"} < set(run.summary("encoder"))
    capsys.readouterr()
    fit(tiny(pairs=16), classless_data, run)  # the same command: nothing is trained again
    assert run.experiment.encoder == stage
    assert run.summary("encoder") == task.run.summary("encoder")


def test_a_run_that_began_with_a_head_for_each_picture_goes_on_so(classless_data, tmp_path):
    run, plain = Run(tmp_path / "run"), tiny(pairs=16)
    with mock.patch.object(EncoderStage, "suited_to", lambda stage, info: stage):
        fit(plain, classless_data, run)
    task = fit(plain, classless_data, run)
    assert type(run.experiment.encoder) is EncoderStage
    assert task.encoder._species.units == 30
    again = fit(plain, classless_data, Run(tmp_path / "again"), reuse=run)
    assert type(again.run.experiment.encoder) is EncoderStage


def test_a_caption_is_compared_with_a_bounded_number_of_kinds(classless_data, monkeypatch):
    monkeypatch.setattr(joint_encoder_stage, "_COMPARED", 5)
    split = read_split(classless_data, "train")
    tokenizer = Words(8).learn(split.captions)
    experiment = tiny(pairs=16).suited_to(split.info)
    model = experiment.encoder.model(len(tokenizer.vocabulary), 1)
    rows = []
    monkeypatch.setattr(
        joint_encoder_stage, "best_accuracy", lambda _, truth: rows.append(np.unique(truth)) or 1.0
    )
    nothing = np.zeros(len(split.captions), bool), np.zeros(len(split.labels), bool)
    found = retrieval(model, split, tokenizer(split.captions), *nothing)
    assert rows[0].tolist() == [0, 7, 14, 21, 29]
    assert 0 <= found["train_accuracy"] <= 1


@pytest.mark.slow
def test_a_run_from_letters_to_a_served_model(colour_data, tmp_path):
    stage = JointEncoderStage(
        tokenizer=Characters(24), encoder=CharacterRecurrent((8, 8, 8)), image_channels=(8, 8),
        embedding_dim=8, batch_size=9, epochs=60, learning_rate=5e-3, precision="float32",
        checkpoint_minutes=0.0,
    )  # fmt: skip
    experiment = replace(tiny("gan-int-cls"), encoder=stage)
    run = Run(tmp_path / "run")
    fit(experiment, colour_data, run)
    summary = run.summary("encoder")
    best = summary["best_possible_train_accuracy"]
    assert 0.5 < summary["train_accuracy"] <= best  # a third by chance
    assert summary["held_out_captions"] > 0
    task = run.experiment.task(run, colour_data)
    moved = task.restore(stage.model(len(task.tokenizer.vocabulary), 3), "encoder")
    assert np.abs(moved.text._species.get_weights()[1]).max() == 0  # its head was left out
    served = tf.saved_model.load(str(export(run, tmp_path / "model"))).signatures
    png = served["serving_default"](caption=tf.constant(["a red picture"]))["image_bytes"]
    assert tf.io.decode_png(png.numpy()[0]).shape == (16, 16, 3)


def test_a_generator_is_held_to_what_the_image_encoder_sees(colour_data, tmp_path):
    base = tiny("gan-int-cls-characters-demo")
    encoder = replace(base.encoder, image_channels=(4, 8), epochs=2)
    matched_gan = replace(base.gan, generator_terms=(Matching(2.0),), pairs=16)
    experiment = replace(base, encoder=encoder, gan=matched_gan)
    task = fit(experiment, colour_data, Run(tmp_path / "run"))
    log = (task.run.logs("gan") / "log.jsonl").read_text().splitlines()
    assert json.loads(log[-1])["generator/matching"] > 0
    # The term is the encoders' own objective on the fakes, and moves neither of them.
    gan = experiment.gan.model(8, task.embeddings(), 0, task.reader)
    rows = task.embeddings()[:6]
    batch = {"image": tf.zeros((6, 16, 16, 3)), "caption": tf.constant(rows)}
    context = gan.context(batch | {"mismatched": batch["caption"]})
    seen = task.reader(context.fakes)
    scores = np.asarray(seen) @ rows.T
    wanted = 2 * structured_joint_loss(tf.constant(scores), tf.range(6))
    assert float(Matching(2.0)(context)) == pytest.approx(float(wanted), rel=1e-4)
    ids = {id(v) for v in gan.variables}
    assert not ids & {id(v) for v in task.trained(experiment.encoder).image_encoder.variables}
    assert len(gan.variables) == len(replace(experiment.gan).model(8).variables)


def test_an_encoder_recalls_the_words_of_captions(colour_data, tmp_path):
    base = tiny()
    encoder = replace(base.encoder, epochs=30, accuracy=1.0, word_weight=1.0)
    experiment = replace(base, encoder=encoder, gan=replace(base.gan, pairs=8))
    task = fit(experiment, colour_data, Run(tmp_path / "run"))
    summary = task.run.summary("encoder")
    assert summary["train_accuracy"] > 0.9
    model = task.trained(encoder)
    captions = task.split.captions
    tokens = task.tokenizer(captions)
    there = np.asarray(words_of(tf.constant(tokens), len(task.tokenizer.vocabulary)))
    assert there[:, :SPECIAL].sum() == 0
    for row, caption in zip(there, captions, strict=True):
        shown = {task.tokenizer.vocabulary[i] for i in np.flatnonzero(row)}
        assert shown == set(caption.split()[: task.tokenizer.length - 2])
    told = np.asarray(model._recalled(model.encode(tokens)["embedding"])) > 0
    assert np.mean(told == (there > 0)) > 0.97
    drawn = keras_t2i.load(task.run.path).save_pretrained(tmp_path / "light")
    assert keras_t2i.load(drawn).generate("a red picture").shape == (1, 16, 16, 3)
