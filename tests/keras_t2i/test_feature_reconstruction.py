"""A loss of a network's features (Ledig et al. 2017, eq. 5), and the network's file."""

import hashlib
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.catalogue import preset
from keras_t2i.commands.fit import parse
from keras_t2i.metrics.extractors import GivesGradients
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.metrics.extractors.squeezenet import SqueezeNet
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import Downsample, paired_pictures
from keras_t2i.tasks.base.feature_networks import feature_networks
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.image_to_image.features import files_of
from keras_t2i.tasks.image_to_image.terms import FeatureReconstruction
from keras_t2i.training.optimizers import Adam
from keras_t2i.training.run import Run, read_json
from tests.games import pictures
from tests.small import MAPS, SIDE, small


@pytest.fixture
def network(tmp_path):
    """A file of a network from RGB in [0, 255] to x A, then (x A)² B, without any convolution."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(3, 5)) / 50, rng.normal(size=(5, 2))
    given = keras.Input((SIDE, SIDE, 3))
    one = keras.layers.Dense(5, use_bias=False, name="one")
    two = keras.layers.Dense(2, use_bias=False, name="two")
    x = one(given)
    keras.Model(given, [x, two(keras.ops.square(x))]).save(tmp_path / "maps.keras")
    model = keras.models.load_model(tmp_path / "maps.keras")
    model.get_layer("one").set_weights([first])
    model.get_layer("two").set_weights([second])
    model.save(tmp_path / "maps.keras")
    return tmp_path / "maps.keras", first, second


@pytest.fixture(scope="session")
def random_squeezenet(tmp_path_factory):
    """A file of SqueezeNet's layers with random weights."""
    rng = np.random.default_rng(0)
    sizes = {
        2: (96, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128),
        6: (256, 48, 192), 7: (384, 48, 192), 8: (384, 64, 256), 9: (512, 64, 256),
    }  # fmt: skip
    layers = {"conv1": (96, 3, 7), "conv10": (1000, 512, 1)}
    for i, (given, squeezed, out) in sizes.items():
        layers[f"fire{i}/squeeze1x1"] = (squeezed, given, 1)
        layers[f"fire{i}/expand1x1"] = (out, squeezed, 1)
        layers[f"fire{i}/expand3x3"] = (out, squeezed, 3)
    held = {}
    for name, (out, given, side) in layers.items():
        scale = np.sqrt(2 / (given * side * side))
        held[f"{name}/w"] = (rng.normal(size=(out, given, side, side)) * scale).astype("float32")
        held[f"{name}/b"] = np.zeros(out, "float32")
    path = tmp_path_factory.mktemp("weights") / "random.npz"
    np.savez(path, **held)
    return path


def game(term, colours, **changes):
    """A small SRGAN with the term, and its context of a batch."""
    stage = replace(small("srgan").gan, generator_terms=(term,), **changes)
    networks = feature_networks(files_of(stage.generator_terms))
    model = stage.model(SIDE, (4, 4, 3), degradation=Downsample(4), maps=networks)
    return model, model.context(next(iter(paired_pictures(colours, 6, Downsample(4)))))


@pytest.mark.parametrize(("layer", "which"), [(1, 0), (2, 1), (0, 1)])
def test_it_is_the_mean_squared_difference_of_a_map(layer, which, network, colours):
    path, first, second = network
    term = FeatureReconstruction(str(path), layer=layer, scale=0.5, weight=3.0)
    model, context = game(term, colours)

    def maps(images):
        one = (np.asarray(images, "float64") + 1) * 127.5 @ first
        return one, one**2 @ second

    real, fake = maps(context.real)[which], maps(context.fakes)[which]
    np.testing.assert_allclose(term(context), 3 * 0.25 * ((real - fake) ** 2).mean(), rtol=1e-3)
    model.ready(model.term_names(context.batch))
    found = tf.function(model.train_step)(context.batch)
    assert np.isfinite(float(found["generator/features"]))


def test_a_few_steps_bring_the_features_nearer(network, colours):
    term = FeatureReconstruction(str(network[0]), layer=1, weight=1000.0)
    model, context = game(term, colours, generator_optimizer=Adam(2e-3))
    model.ready(model.term_names(context.batch))
    step = tf.function(model.train_step)
    first = float(step(context.batch)["generator/features"])
    for _ in range(60):
        last = float(step(context.batch)["generator/features"])
    assert last < 0.7 * first


def test_squeezenet_gives_the_maps_of_scores_with_a_gradient(random_squeezenet):
    network = find_extractor(str(random_squeezenet))
    assert isinstance(network, SqueezeNet)
    assert isinstance(network, GivesGradients)
    whole = (pictures(1, 227) + 1) * 127.5
    for one, other in zip(network.tensors(whole), network.maps(whole.numpy()), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3 * np.abs(other).max())
    small_ones = tf.Variable((pictures(2, 64) + 1) * 127.5)
    with tf.GradientTape() as tape:
        maps = network.tensors(small_ones)
        sums = tf.add_n([tf.reduce_sum(x) for x in maps])
    assert [tuple(x.shape) for x in maps] == [
        (2, 29, 29, 96), (2, 14, 14, 256), (2, 6, 6, 512), (2, 2, 2, 512)
    ]  # fmt: skip
    assert np.abs(tape.gradient(sums, small_ones).numpy()).max() > 0
    counts = [len(network.tensors(tf.zeros((1, side, side, 3)))) for side in (6, 7, 16, 34, 35)]
    assert counts == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda kernel: kernel[0, 0], "must have 4 axes"),
        (lambda kernel: kernel[:, :1], "do not follow on one another"),
    ],
)
def test_layers_of_other_shapes_are_refused(change, message, random_squeezenet, tmp_path):
    with np.load(random_squeezenet) as arrays:
        held = dict(arrays)
    held["fire4/squeeze1x1/w"] = change(held["fire4/squeeze1x1/w"])
    np.savez(tmp_path / "other.npz", **held)
    with pytest.raises(InputError, match=message):
        feature_networks([str(tmp_path / "other.npz")])


def test_a_network_of_another_side_sees_enlarged_pictures():
    network = find_extractor(str(MAPS), (0.0, 255.0))
    images = (pictures(2, 8) + 1) * 127.5
    (maps,) = network.tensors(images)
    (wanted,) = network.tensors(tf.image.resize(images, (SIDE, SIDE)))
    np.testing.assert_allclose(maps, wanted, rtol=1e-5)


def test_the_option_names_the_file():
    experiment, _, _ = parse(
        ["srgan-features", "--gan.generator-terms.0.extractor", str(MAPS),
         "--gan.generator-terms.0.layer", "1"]
    )  # fmt: skip
    (term,) = experiment.gan.generator_terms
    assert (term.extractor, term.layer, term.scale) == (str(MAPS), 1, 1 / 12.75)
    assert experiment.gan.first == preset("srgan").gan.first


def test_networks_that_cannot_be_used_are_refused_before_any_training(
    colour_data, random_squeezenet, tmp_path
):
    experiment = small("srgan-features")

    def refused(match, **changes):
        term = replace(experiment.gan.generator_terms[0], **changes)
        gan = replace(experiment.gan, generator_terms=(term,))
        run = Run(tmp_path / "run")
        with pytest.raises(InputError, match=match):
            fit(replace(experiment, gan=gan), colour_data, run)
        assert run.summary("pretraining") is None
        assert not (run.path / "pretraining").exists()

    refused(r"needs the file of a network.*generator-terms\.0\.extractor.* ''", extractor="")
    refused(r"needs the file of a network.*tflite", extractor="some.tflite")
    missing = tmp_path / "none.npz"
    refused(r"none\.npz: no such file", extractor=str(missing))
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    refused("conv1/w is missing", extractor=str(tmp_path / "other.npz"))
    refused("layer must be at most 1, .* Received: 2", layer=2)
    refused("layer must be at most 2, .* Received: 3", extractor=str(random_squeezenet), layer=3)
    flat = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten()])
    flat.save(tmp_path / "flat.keras")
    refused("flat.keras has no output that is a map", extractor=str(tmp_path / "flat.keras"))
    whole = keras.Sequential([keras.Input((SIDE, SIDE, 3), dtype="uint8"), keras.layers.Flatten()])
    whole.save(tmp_path / "whole.keras")
    refused("takes whole numbers", extractor=str(tmp_path / "whole.keras"))


def test_the_run_keeps_the_sha256_and_draws_without_the_file(colour_data, tmp_path):
    file = tmp_path / "network.keras"
    shutil.copy(MAPS, file)
    experiment = small("srgan-features")
    term = replace(experiment.gan.generator_terms[0], extractor=str(file))
    experiment = replace(experiment, gan=replace(experiment.gan, generator_terms=(term,)))
    run = Run(tmp_path / "run")
    fit(experiment, colour_data, run)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert read_json(run.path / "task.json")["extractors"] == {str(file): digest}
    assert run.experiment.gan.generator_terms[0].extractor == str(file)
    fit(experiment, colour_data, run)  # the same file: it goes on
    keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Conv2D(4, 3)]).save(file)
    with pytest.raises(InputError, match=f"was started with a file of sha256 {digest}"):
        fit(experiment, colour_data, run)
    assert read_json(run.path / "task.json")["extractors"] == {str(file): digest}
    file.unlink()
    picture = np.full((4, 4, 3), 90, np.uint8)
    assert run.experiment.task(run).translate([picture]).shape == (1, SIDE, SIDE, 3)
    with pytest.raises(InputError, match="no such file"):
        fit(experiment, colour_data, run)
