"""Presets that follow their paper: what they leave out, and the parts of Reed et al. 2016."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.averaging import NoAverage
from keras_t2i.adversarial.schedules import Alternating
from keras_t2i.catalogue import preset
from keras_t2i.components.values import from_json, to_json
from keras_t2i.networks.layers.condition_specs import CompressedCondition
from keras_t2i.networks.layers.text_map_specs import PlacedText, ReplicatedText
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.image_to_labels.stage import ClassifierGiven, ClassifierStage
from keras_t2i.tasks.labels_to_image.autoencoder_stage import AutoencoderGiven
from keras_t2i.tasks.labels_to_image.gan_stage import LabelGanGiven
from keras_t2i.tasks.labels_to_image.initializers import RandomWeights
from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven
from keras_t2i.tasks.text_to_image.joint_encoder_stage import JointEncoderStage
from keras_t2i.tasks.text_to_image.networks import Discriminator
from keras_t2i.tasks.text_to_image.sentence_stage import EncoderGiven
from keras_t2i.tasks.text_to_image.terms import Interpolation
from keras_t2i.text.specs import Attentive, Recurrent, Words
from keras_t2i.training.data_augmentation import CROP_AND_FLIP, NO_AUGMENTATION
from tests.tiny_labels import SCHEMA, tiny_labels
from tests.tiny_run import tiny

COMMON = {"seed": 0, "xla": "off", "draw": None, "finish": None}


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("self-attention-gan-literal", NO_AUGMENTATION),
        ("psc-gan-literal", NO_AUGMENTATION),
        ("gan-int-cls-literal", CROP_AND_FLIP),  # As its authors' code.
    ],
)
def test_a_literal_preset_adds_nothing(name, pictures):
    gan = preset(name).gan
    assert gan.averaging == NoAverage()
    assert gan.augmentations == ()
    assert gan.critic_terms == ()
    assert gan.data_augmentation == pictures
    assert not getattr(gan, "standardize", False)
    others = [stage for stage in preset(name).stages if hasattr(stage, "data_augmentation")]
    assert {stage.data_augmentation for stage in others} == {pictures}


def test_its_relatives_are_averaged_cropped_and_mirrored():
    for name in ("self-attention-gan", "psc-gan", "gan-int-cls"):
        gan = preset(name).gan
        assert gan.averaging != NoAverage()
        assert gan.data_augmentation == CROP_AND_FLIP


def text_gan(stage, split):
    embeddings = np.zeros((len(split.captions), 8), "float32")
    return stage.dataset(CaptionGiven(split=split, embeddings=embeddings, **COMMON), 0)


def joint_encoder(stage, split):
    learned = stage.tokenizer.learn(split.captions)
    given = EncoderGiven(split=split, tokenizer=learned, classes=3, run=Path("run"), **COMMON)
    return stage.build(given).dataset(0)


def label_gan(stage, split):
    given = LabelGanGiven(
        split=split, labels=SCHEMA.width, networks=tiny_labels().networks, autoencoder=None,
        latents=None, **COMMON,
    )  # fmt: skip
    return stage.build(given).dataset(0)


def autoencoder(stage, split):
    networks = tiny_labels().networks
    given = AutoencoderGiven(split=split, labels=SCHEMA.width, networks=networks, **COMMON)
    return stage.build(given).dataset(0)


def classifier(stage, split):
    given = ClassifierGiven(split=split, labels=SCHEMA.width, **COMMON)
    return stage.build(given).dataset(0)


STAGES = {
    "text": (tiny().gan, "colour_data", text_gan),
    "joint encoder": (
        JointEncoderStage(
            Words(8), Recurrent(8, 8), 8, batch_size=8, image_channels=(8, 8), precision="float32"
        ),
        "colour_data",
        joint_encoder,
    ),
    "labels": (
        tiny_labels(initializer=RandomWeights(), generator_terms=()).gan,
        "labelled_data",
        label_gan,
    ),
    "autoencoder": (tiny_labels().autoencoder, "labelled_data", autoencoder),
    "classifier": (ClassifierStage(batch_size=8, channels=(8, 8)), "labelled_data", classifier),
}


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("still", [True, False])
def test_a_stage_takes_the_centre_of_pictures_if_asked(name, still, request):
    """A stored picture of 19 is cut at its centre to 16, or else somewhere, perhaps mirrored."""
    stage, data, batches_of = STAGES[name]
    split = read_split(request.getfixturevalue(data), "train")
    if still:
        stage = replace(stage, data_augmentation=NO_AUGMENTATION)
    batch = next(iter(batches_of(stage, split)))
    centres = split.images[:, 1:17, 1:17] / 127.5 - 1
    nearest = [np.abs(centres - image).max((1, 2, 3)).min() for image in batch["image"].numpy()]
    assert (max(nearest) < 1e-6) == still


def test_an_older_stage_is_cropped_and_mirrored():
    """A stage's JSON before the field was there."""
    for stage in preset("psc-gan").stages:
        held = to_json(stage)
        del held["data_augmentation"]
        assert from_json(held) == stage
        assert from_json(held).data_augmentation == CROP_AND_FLIP


def test_bilstm_gan_differs_from_the_self_attention_gan_in_its_encoder_alone():
    for size in ("", "-narrow", "-demo"):
        plain, attentive = preset(f"bilstm-gan{size}"), preset(f"self-attention-gan{size}")
        assert plain.gan == attentive.gan
        assert isinstance(plain.encoder.encoder, Recurrent)
        assert isinstance(attentive.encoder.encoder, Attentive)
        widths = attentive.encoder.encoder.word_dim, attentive.encoder.encoder.units
        assert plain.encoder.encoder == Recurrent(*widths)
        assert replace(plain.encoder, encoder=attentive.encoder.encoder) == attentive.encoder
        again = preset(f"gan-int-cls{size}")
        assert again.encoder == plain.encoder
        assert again.gan.generator_terms == (*plain.gan.generator_terms, Interpolation())


def test_gan_int_cls_literal_has_the_papers_sizes():
    gan = preset("gan-int-cls-literal").gan
    assert gan.generator_terms == (Interpolation(0.5),)
    assert gan.schedule == Alternating(1)
    assert (gan.generator_learning_rate, gan.discriminator_learning_rate) == (2e-4, 2e-4)
    model = gan.model(1024)
    shapes = {tuple(v.shape) for v in model.network.trainable_variables}
    # Text 1024 → 128; [z ; c] → 1024 at 4×4; 512, 256, 128; at last three colours.
    sides = [(1024, 128), (228, 16 * 1024), (4, 4, 512, 1024), (4, 4, 128, 256), (4, 4, 3, 128)]
    assert set(sides) <= shapes
    shapes = {tuple(v.shape) for v in model.discriminator.trainable_variables}
    assert {(1024, 128), (512 + 128, 512), (16 * 512, 1)} <= shapes
    images, _ = model.network(tf.zeros((1, 100)), tf.zeros((1, 1024)))
    assert images.shape == (1, 64, 64, 3)


def test_batchnorm_of_a_joint_layer_that_is_not_there_is_refused():
    experiment = tiny("self-attention-gan-literal", joint_normalized=True)
    with pytest.raises(InputError, match=r"--gan\.joint-normalized needs a joint layer.*: 0\."):
        experiment.check()


def rectified(values):
    return np.maximum(values, 0.2 * values)


def test_a_compressed_condition_against_numpy():
    layer = CompressedCondition(3).layer()
    embedding = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    condition, divergence = layer(embedding, np.zeros((4, 0), "float32"))
    kernel, bias = layer.get_weights()
    np.testing.assert_allclose(condition, rectified(embedding @ kernel + bias), atol=1e-6)
    np.testing.assert_array_equal(divergence, np.zeros(4))
    assert layer.output_dim(5) == 3
    assert type(layer).from_config(layer.get_config()).width == 3


@pytest.mark.parametrize("text_map", [PlacedText(), ReplicatedText()])
def test_the_joint_score_against_numpy(text_map):
    """Reed et al. 2016, 4.1, with batch statistics; and No's thesis, III.C, with a joint layer."""
    network = Discriminator((8, 16), 6, 4, 10, text_map, joint_normalized=True)
    rng = np.random.default_rng(0)
    images = tf.constant(rng.normal(size=(5, 16, 16, 3)), tf.float32)
    embedding = rng.normal(size=(5, 6)).astype("float32")
    network(images, embedding)
    network.set_weights([w * 20 for w in network.get_weights()])
    features = network.features(images, training=True)
    found = network.score(features, embedding, training=True)

    text_kernel, text_bias = network._text.kernel.numpy(), network._text.bias.numpy()
    values = embedding @ text_kernel + text_bias
    if text_map == PlacedText():
        text = values.reshape(5, 4, 4, 4)
    else:
        text = np.broadcast_to(rectified(values)[:, None, None], (5, 4, 4, 4))
    joint = np.concatenate([features, text], -1) @ network._joint.kernel.numpy()
    mean, variance = joint.mean((0, 1, 2)), joint.var((0, 1, 2))
    norm = network._joint_norm
    joint = (joint - mean) / np.sqrt(variance + norm.epsilon) * norm.gamma.numpy()
    joint = rectified(joint + norm.beta.numpy())
    score = joint.reshape(5, -1) @ network._score.kernel.numpy() + network._score.bias.numpy()
    np.testing.assert_allclose(found, score[:, 0], rtol=1e-4, atol=1e-3)
