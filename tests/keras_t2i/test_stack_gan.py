"""StackGAN: two sizes of pictures for captions, from the preset to the served model."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.averaging import ExponentialAverage
from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.components.values import from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import Downsample
from keras_t2i.pipelines.records import Attribute, DatasetInfo, write_dataset
from keras_t2i.tasks.base.fit import fit
from keras_t2i.text.specs import Attentive, Words
from keras_t2i.training.run import Run
from tests.conftest import COLOURS, colour_records


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


def four_times():
    """`tiny`, whose second stage makes 8×8 to 32×32 at once."""
    experiment = tiny()
    first = replace(experiment.gan.first, doublings=2)
    second = replace(experiment.gan, first=first, discriminator_channels=(8, 8, 8))
    return replace(experiment, gan=second)


@pytest.fixture(scope="module")
def large_data(tmp_path_factory):
    """The colours at 32×32."""
    out = tmp_path_factory.mktemp("data") / "large"
    names = tuple(COLOURS)
    info = DatasetInfo("colours", "CC0", 32, 35, names, (Attribute("colour", names),))
    write_dataset(out, info, colour_records(35))
    return out


@pytest.fixture(scope="module")
def large_run(large_data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "large")
    fit(four_times(), large_data, made)
    return made


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
    expected = sampler.sample(sampler.encode(["a red picture"]), [0])[0].astype(int)
    found = tf.io.decode_png(png.numpy()[0]).numpy()
    assert np.abs(found - expected).max() <= 3


def test_sizes_must_fit(colour_data, tmp_path):
    experiment = tiny()
    first = replace(experiment.gan.first, generator_channels=(8,))
    with pytest.raises(InputError, match=r"`stage-1` with a generator of 8 .* data of 16"):
        fit(
            replace(experiment, gan=replace(experiment.gan, first=first)),
            colour_data,
            Run(tmp_path / "run"),
        )


def test_a_second_stage_enlarges_four_times_at_once(large_run, tmp_path):
    run = large_run
    task = run.experiment.task(run, run.data)
    assert Image.open(run.path / run.summary("stage-2")["both stages"]).size[1] > 8 * 32
    noise = tf.random.stateless_normal((2, task.gan.average.noise_dim), (0, 1))
    assert task.gan.average.small(noise, tf.zeros((2, 8))).shape == (2, 8, 8, 3)
    drawn = task.generate("a red picture", seed=1)
    assert drawn.shape == (1, 32, 32, 3)
    served = tf.saved_model.load(str(export(run, tmp_path / "stack"))).signatures
    png = served["serving_default"](caption=tf.constant(["a red picture"]))["image_bytes"]
    assert tf.io.decode_png(png.numpy()[0]).shape == (32, 32, 3)


def test_a_step_of_it_moves_the_second_stage_alone(large_run):
    experiment = large_run.experiment
    training = experiment.task(large_run, large_run.data).build(experiment.gan)
    model = training.model
    kept = [v.numpy() for v in model.network.first.variables]
    own = [v.numpy() for v in model.network.trainable_variables]
    tf.function(model.train_step)(next(iter(training.dataset(0))))
    for variable, held in zip(model.network.first.variables, kept, strict=True):
        np.testing.assert_array_equal(variable.numpy(), held)
    pairs = zip(model.network.trainable_variables, own, strict=True)
    assert np.mean([not np.array_equal(variable, held) for variable, held in pairs]) > 0.9


def test_the_first_stage_learns_pictures_of_its_own_side(large_data, tmp_path):
    """Antialiased by the factor of both stages, from the very pictures of the second stage."""
    run, experiment = Run(tmp_path / "run"), four_times()
    run.open(experiment, DatasetInfo.load(large_data), large_data)
    task = experiment.task(run, large_data)
    embeddings = np.zeros((len(task.split.captions), 8), "float32")
    given = SimpleNamespace(split=task.split, seed=0, embeddings=embeddings, words=None)
    small, large = (
        next(iter(stage.dataset(given, 0)))["image"]
        for stage in (experiment.gan.first, experiment.gan)
    )
    assert (small.shape, large.shape) == ((8, 8, 8, 3), (8, 32, 32, 3))
    np.testing.assert_allclose(small, Downsample(4)(large, None), atol=1e-5)


def test_the_preset_of_256_has_the_papers_second_stage():
    """16×16 with 4 residual blocks of 512, then 256, 128, 64 and 32 channels (3.4 and 5)."""
    experiment = preset("stack-gan-256")
    gan = experiment.gan
    assert (gan.first.generator_side, gan.generator_side, experiment.drawn_side) == (64, 256, 256)
    assert (gan.first.image_size(256), gan.image_size(256)) == (64, 256)
    assert 4 * 2 ** len(gan.discriminator_channels) == 256
    network = gan.generator(128, "second")
    noise = tf.zeros((1, network.noise_dim))
    assert network(noise, tf.zeros((1, 128)))[0].shape == (1, 256, 256, 3)
    own = network.count_params() - network.first.count_params()
    condition = 32  # the authors' is 128 wide

    def convolution(given, width, side=3, norm=4):
        return side * side * given * width + norm * width

    joined = 512 + condition
    second = (
        convolution(3, 128)
        + convolution(128, 256, 4) + convolution(256, 512, 4)
        + convolution(joined, 512) + 8 * convolution(512, 512)
        + sum(convolution(2 * width, width) for width in (256, 128, 64, 32))
        + convolution(32, 3, norm=1)
    )  # fmt: skip
    conditioning = network.conditioning.count_params()
    assert own == pytest.approx(second + conditioning, abs=2000)
    assert own == pytest.approx(26e6, rel=0.02)


def test_former_runs_double_the_side_once():
    assert preset("stack-gan").gan.first.doublings == 1
    held = to_json(preset("stack-gan"))
    del held["gan"]["first"]["doublings"]
    assert from_json(held) == preset("stack-gan")


def test_data_of_another_side_are_refused(colour_data, tmp_path):
    with pytest.raises(InputError, match=r"`stage-1` with a generator of 32 .* data of 16"):
        fit(four_times(), colour_data, Run(tmp_path / "run"))
