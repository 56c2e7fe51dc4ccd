"""An exported PSC-GAN in TensorFlow's C library, without Python's TensorFlow, against Keras."""

import base64
import io
import json
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_t2i.commands.export import export
from keras_t2i.pipelines.attribute import Attribute
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.pipelines.spelling import COMMAS
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.labels_to_image.label_parser import LabelParser
from keras_t2i.training.run import Run
from serving.client.abilities import PICTURES_FROM_SEEDS
from serving.client.signature import signatures_of
from serving.rest.metadata import metadata_response
from serving.worker.model import Model
from tests.served import answers_of, pictures
from tests.tiny_labels import SCHEMA, tiny_labels

LABELS = ["red, left, dot", "RIGHT , blue"]
SPELLINGS = ["빨강、ＬＥＦＴ，ｄｏｔ", unicodedata.normalize("NFD", "빨강､ left")]
SEEDS = [5, 7]


@pytest.fixture(scope="module")
def version(exported_labels):
    return exported_labels


@pytest.fixture(scope="module")
def sampler(trained_labels):
    return trained_labels.experiment.task(trained_labels, trained_labels.data).sampler


@pytest.fixture(scope="module")
def files(labelled_data):
    """Two PNGs of the training size, as bytes."""
    images = read_split(labelled_data, "test").images[:2, 1:17, 1:17]
    return images, [png(image) for image in images]


def png(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def calls(sampler):
    noise = np.random.default_rng(0).normal(size=(2, sampler.generator.noise_dim))
    return {
        "serving_default": {"labels": LABELS},
        "generate": {"labels": LABELS, "seed": SEEDS, "truncation": [1.0, 0.5]},
        "encode_labels": {"labels": [*LABELS, *SPELLINGS]},
        "sample_noise": {"seed": SEEDS},
        "synthesize": {
            "noise": noise.astype("float32").tolist(),
            "condition": sampler.encode(LABELS).tolist(),
        },
        "interpolate": {
            "labels_from": LABELS,
            "labels_to": LABELS[::-1],
            "alpha": [0.25, 1.0],
            "seed": SEEDS,
        },
    }


def test_pictures_and_readings_equal_keras(version, sampler, calls, files):
    images, encoded = files
    reading = {
        name: {"image_bytes": encoded} for name in ("classify", "reconstruct", "encode_image")
    }
    answers = answers_of(version, calls | reading)
    labels = sampler.encode(LABELS)
    ends = sampler.latents(labels, SEEDS), sampler.latents(labels[::-1], SEEDS)
    share = np.array([[0.25], [1.0]], "float32")
    noise = tf.constant(calls["synthesize"]["noise"])
    direct = np.rint((sampler.generator.sample(noise, tf.constant(labels)).numpy() + 1) * 127.5)
    expected = {
        "serving_default": sampler.sample(labels, [0, 0]),
        "generate": np.concatenate(
            [sampler.sample(labels[:1], [5]), sampler.sample(labels[1:], [7], 0.5)]
        ),
        "synthesize": direct,
        "interpolate": sampler.decode((1 - share) * ends[0] + share * ends[1]),
        "reconstruct": sampler.reconstruct(images),
    }
    for name, wanted in expected.items():
        difference = np.abs(pictures(answers[name]).astype(int) - wanted.astype(int))
        assert difference.max() <= 3, name
    spelled = sampler.encode([*LABELS, *SPELLINGS])
    np.testing.assert_array_equal(answers["encode_labels"]["condition"], spelled)
    found = np.array(answers["classify"]["probabilities"])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-sampler.read(images))), atol=1e-3)
    names = [base64.b64decode(name).decode() for name in answers["classify"]["labels"]]
    assert names == [*SCHEMA.labels, *SCHEMA.labels]
    groups = [base64.b64decode(name).decode() for name in answers["classify"]["groups"]]
    assert groups[: SCHEMA.width] == ["colour"] * 3 + ["bright side"] * 2 + ["marks"]
    assert answers["classify"]["exclusive"][0] == [True] * 5 + [False]
    assert np.array(answers["encode_image"]["latent"]).shape == (2, 12)
    assert np.array(answers["sample_noise"]["noise"]).shape == noise.shape


KINDS = AttributeSchema(
    (
        Attribute("gender", ("male", "female"), aliases={"남성": "male", "여성": "female"}),
        Attribute(
            "extras", ("眼鏡", "メガネ", "Brille groß", "kính việt", "double eyelid"), free=True
        ),
        Attribute("food", ("café", "\u0323dot"), free=True),
        Attribute("brows", ("none", "ガ", "double eyelid"), aliases={"각": "ガ"}, free=True),
    )
)
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.fixture(scope="module")
def parse():
    parser = LabelParser(KINDS)
    return tf.function(parser, input_signature=[tf.TensorSpec([None], tf.string)])


@st.composite
def label_texts(draw):
    """Names of labels in many spellings, between commas; some are of no label."""
    wide = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}
    change = st.sampled_from(
        [str.upper, str.title, str.swapcase, lambda name: name.translate(wide)]
        + [lambda name, form=form: unicodedata.normalize(form, name) for form in FORMS]
        + [lambda name, gap=gap: name.replace(" ", gap) for gap in ("_", "-", "\u3000", " \t")]
        + [lambda name, end=end: f"{name}{end}" for end in ("s", "\u0323", ",", " ", "\u200d")]
    )
    label = st.sampled_from([*KINDS.names, *KINDS.labels, "male", "여성"])
    name = st.one_of(label, label, label, st.text(max_size=3))
    names = [
        draw(st.sampled_from(["male", "여성", "gender: Male"])),
        *draw(st.lists(name, max_size=3)),
    ]
    for i in range(len(names)):
        for function in draw(st.lists(change, max_size=3)):
            names[i] = function(names[i])
    comma = draw(st.sampled_from(sorted(COMMAS)))
    return comma.join(names)


@settings(max_examples=200, deadline=None)
@example("여성、メガネ")
@example("ＭＡＬＥ，brille_GROSS")
@example("male, ｶﾞ, gender: male")
@example(unicodedata.normalize("NFD", "남성､각"))
@example("male, ki\u0301nh vie\u0302\u0323t")  # marks in another order than Unicode's own
@example("male, café,\u0323dot")  # the second begins with a mark
@example("male, double eyelid")  # of two groups
@given(label_texts())
def test_served_labels_are_understood_as_in_python(parse, text):
    try:
        wanted = KINDS.parse(text)
    except InputError:
        with pytest.raises(
            tf.errors.InvalidArgumentError, match=r"Unknown label|exactly one label"
        ):
            parse(tf.constant([text]))
    else:
        np.testing.assert_array_equal(parse(tf.constant([text]))[0], wanted)


def test_texts_of_a_batch_are_parsed_apart(parse):
    texts = ["male", "여성, メガネ", "female,, 각、", "남성,kính_việt"]
    wanted = np.stack([KINDS.parse(text) for text in texts])
    np.testing.assert_array_equal(parse(tf.constant(texts)), wanted)


def test_wrong_labels_are_refused_by_name(version):
    generate = tf.saved_model.load(str(version)).signatures["serving_default"]
    for text, words in (
        ("red, left, hat", "Unknown label.*hat"),
        ("red, blue, left", "exactly one label of the group `colour`"),
        ("red", "exactly one label of the group `bright side`"),
    ):
        with pytest.raises(tf.errors.InvalidArgumentError, match=words):
            generate(labels=tf.constant([text]))


def test_pictures_of_any_size_and_kind_are_read(version):
    classify = tf.saved_model.load(str(version)).signatures["classify"]
    grey = np.full((40, 30), 90, "uint8")
    buffer = io.BytesIO()
    Image.fromarray(grey).convert("RGB").save(buffer, "JPEG")
    answer = classify(image_bytes=tf.constant([png(grey), buffer.getvalue()]))
    assert answer["probabilities"].shape == (2, SCHEMA.width)


def test_a_model_without_labels_takes_seeds(labelled_data, tmp_path):
    run = Run(tmp_path / "vanilla")
    fit(tiny_labels("vanilla-gan", epochs=1), labelled_data, run)
    signatures = tf.saved_model.load(str(export(run, tmp_path / "model"))).signatures
    assert set(signatures) == {"serving_default", "generate", "synthesize", "sample_noise"}
    published = json.loads(
        metadata_response("model", 1, Model(tmp_path / "model" / "1").signatures)
    )
    assert PICTURES_FROM_SEEDS.offered(signatures_of(published))
    answer = signatures["serving_default"](seed=tf.constant([1, 2], tf.int64))
    first, second = (tf.io.decode_png(b) for b in answer["image_bytes"])
    assert first.shape == (16, 16, 3)
    assert np.abs(first.numpy().astype(int) - second.numpy()).max() > 0
