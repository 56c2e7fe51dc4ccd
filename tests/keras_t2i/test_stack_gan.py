"""StackGAN: two sizes of pictures for captions, from the preset to the served model."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.text.specs import Attentive, Words
from keras_t2i.training.run import Run


def tiny():
    experiment = preset("stack-gan-demo")
    small = {
        "pairs": 8 * 12, "batch_size": 8, "text_dim": 4, "joint_dim": 8,
        "averaging": ExponentialAverage(0.5),
        "interval": 4, "sample_every": 12, "precision": "float32", "checkpoint_minutes": 0.0,
    }  # fmt: skip
    first = replace(
        experiment.gan.first, **small, discriminator_channels=(8,), generator_channels=(12, 8),
        latent_dim=6,
    )  # fmt: skip
    second = replace(
        experiment.gan, **small, discriminator_channels=(8, 8), first=first, width=8, blocks=1
    )
    encoder = replace(
        experiment.encoder, tokenizer=Words(8), embedding_dim=8, batch_size=16, epochs=1,
        encoder=Attentive(word_dim=8, units=8, heads=2, attention_units=8),
    )  # fmt: skip
    return replace(experiment, encoder=encoder, gan=second, deterministic=True)


@pytest.fixture(scope="module")
def run(colour_data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "stack")
    fit(tiny(), colour_data, made)
    return made


def test_both_stages_are_trained_and_shown(run):
    assert run.summary("stage-1")["samples"] == "samples/samples-stage-1-0000012.png"
    grid = Image.open(run.path / run.summary("stage-2")["both stages"])
    assert grid.size[1] > 6 * 18


def test_the_second_stage_leaves_the_first_as_it_was(run, colour_data):
    task = run.experiment.task(run, colour_data)
    stage = run.experiment.gan
    trained = task.restore(stage.first.model(8), "stage-1")
    first = task.gan.average.first
    for held, wanted in zip(first.get_weights(), trained.average.get_weights(), strict=True):
        np.testing.assert_array_equal(held, wanted)
    training = task.build(stage)
    model = training.model
    before = [v.numpy() for v in model.network.first.variables]
    own = [v.numpy() for v in model.network.trainable_variables]
    tf.function(model.train_step)(next(iter(training.dataset(0))))
    for variable, held in zip(model.network.first.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), held)
    trained = zip(model.network.trainable_variables, own, strict=True)
    moved = [not np.array_equal(variable, held) for variable, held in trained]
    assert np.mean(moved) > 0.9


def test_a_picture_refines_the_small_one_of_the_same_noise(run, colour_data):
    task = run.experiment.task(run, colour_data)
    gan = task.gan
    noise = tf.random.stateless_normal((2, gan.average.noise_dim), (0, 1))
    embedding = tf.zeros((2, 8))
    small = gan.average.small(noise, embedding)
    assert small.shape == (2, 8, 8, 3)
    assert gan.average(noise, embedding)[0].shape == (2, 16, 16, 3)
    other = tf.concat([noise[:, : gan.average.first.noise_dim], noise[:, :1] * 0 + 3.0], 1)
    other = tf.pad(other, ((0, 0), (0, gan.average.noise_dim - other.shape[1])))
    np.testing.assert_array_equal(gan.average.small(other, embedding), small)


def test_it_is_served(run, tmp_path):
    served = tf.saved_model.load(str(export(run, tmp_path / "stack"))).signatures
    png = served["serving_default"](caption=tf.constant(["a red picture"]))["image_bytes"]
    task = run.experiment.task(run, run.data)
    sampler = task.sampler
    expected = sampler.sample(sampler.encode(["a red picture"])["embedding"], [0])[0].astype(int)
    found = tf.io.decode_png(png.numpy()[0]).numpy()
    assert np.abs(found - expected).max() <= 3


def test_sizes_must_fit(colour_data, tmp_path):
    experiment = tiny()
    first = replace(experiment.gan.first, generator_channels=(8,))
    with pytest.raises(InputError, match=r"generator 4, .* data 8"):
        fit(
            replace(experiment, gan=replace(experiment.gan, first=first)),
            colour_data,
            Run(tmp_path / "run"),
        )
