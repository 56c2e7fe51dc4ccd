"""LAPGAN: the pyramid, its levels, and a run from its preset to a served model."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.latents import Gaussian, row_noise
from keras_t2i.catalogue import preset
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.pyramid.gan import Pyramid, coarser, finer
from keras_t2i.tasks.pyramid.gan_stages import small_pictures
from keras_t2i.training.run import Run


def tiny(*sides):
    experiment = preset("lapgan-demo")
    base = replace(
        experiment.gan, side=sides[0], epochs=2, batch_size=6, width=8, max_width=8, noise_dim=5
    )
    level = replace(
        experiment.levels[0], epochs=3, batch_size=6, width=8, layers=1, critic_width=8,
        critic_max_width=8,
    )  # fmt: skip
    levels = tuple(replace(level, side=side) for side in sides[1:])
    return replace(experiment, gan=base, levels=levels, deterministic=True)


@pytest.fixture(scope="module")
def run(colour_data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "lapgan")
    fit(tiny(8, 16), colour_data, made)
    return made


def test_a_pyramid_gives_its_picture_back():
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)), tf.float32)
    coarse = finer(coarser(images))
    np.testing.assert_allclose(coarse + (images - coarse), images, atol=1e-6)
    flat = tf.fill((1, 16, 16, 3), 0.3)
    np.testing.assert_allclose(finer(coarser(flat)), flat, atol=1e-6)
    assert np.abs(coarser(images)).mean() < np.abs(images).mean()  # blurred before it is halved


@pytest.mark.parametrize("side", [2, 16, 64])
def test_pictures_are_halved_as_tensorflow_halves_them_also_by_xla(side):
    images = tf.random.stateless_uniform((2, side, side, 3), (1, 2))
    wanted = tf.image.resize(images, (side // 2, side // 2), "bilinear", antialias=True)
    for halve in (coarser, tf.function(coarser, jit_compile=True)):
        np.testing.assert_allclose(halve(images), wanted, atol=1e-6)


def test_levels_see_the_same_pictures_smaller(colours):
    small = next(iter(small_pictures(colours, 8, 6, 1, 3)))["image"]
    whole = next(iter(small_pictures(colours, 16, 6, 1, 3)))["image"]
    np.testing.assert_allclose(small, coarser(whole), atol=1e-6)  # I_{k+1} = d(I_k)
    for side in (12, 32):
        with pytest.raises(InputError, match=r"doubled some times. Received: 16"):
            small_pictures(colours, side, 6, 1, 3)


def test_each_level_has_noise_of_its_own_distribution():
    experiment = tiny(8, 16)
    base = replace(experiment.gan, latent=Gaussian()).model(8)
    level = experiment.levels[0].model()
    pyramid = Pyramid(base, [level], 8)
    drawn = row_noise(pyramid.latent, tf.range(200, dtype=tf.int64), pyramid.noise_dim).numpy()
    assert drawn.shape == (200, 5 + 16 * 16)
    assert np.abs(drawn[:, :5]).max() > 1.5
    assert 0.9 < np.abs(drawn[:, 5:]).max() <= 1.0


def test_each_level_trains_on_its_own(run, colour_data):
    experiment = run.experiment
    task = experiment.task(run, colour_data)
    for stage in experiment.stages:
        assert (run.stage(stage.name) / "summary.json").exists()
    stage = experiment.levels[0]
    training = task.build(stage)
    before = [v.numpy() for v in training.model.variables]
    logs = tf.function(training.model.train_step)(next(iter(training.dataset(0))))
    moved = [
        not np.array_equal(v, b) for v, b in zip(training.model.variables, before, strict=True)
    ]
    assert np.mean(moved) > 0.8
    assert {"detail/real", "detail/fake", "critic/real", "generator/fake"} <= set(logs)
    grid = Image.open(run.path / run.summary("level-16")["pyramid"])
    assert grid.size == (10 * 18 - 2, 3 * 18 - 2)


def test_a_seed_is_a_stack(run, tmp_path):
    task = run.experiment.task(run, run.data)
    pyramid, sampler = task.gan, task.sampler
    assert pyramid.noise_dim == 5 + 16 * 16
    noise = sampler.noise([3, 4])
    coarse, fine = pyramid.stack(tf.constant(noise))
    assert coarse.shape == (2, 8, 8, 3)
    assert fine.shape == (2, 16, 16, 3)
    other = noise.copy()
    other[:, 5:] = 0  # the planes change the detail, not what lies beneath
    again, detail = pyramid.stack(tf.constant(other))
    np.testing.assert_array_equal(coarse, again)
    assert not np.array_equal(fine, detail)
    (path,) = draw(GenerateOptions(run.path, count=4, grid=True, out=tmp_path / "some.png"))
    assert Image.open(path).size[0] > 16


def test_the_pyramid_is_served(run, tmp_path):
    served = tf.saved_model.load(str(export(run, tmp_path / "lapgan"))).signatures
    sampler = run.experiment.task(run, run.data).sampler
    png = served["generate"](seed=tf.constant([7], tf.int64), truncation=tf.constant([1.0]))
    found = tf.io.decode_png(png["image_bytes"].numpy()[0]).numpy().astype(int)
    assert np.abs(found - sampler.sample([7])[0]).max() <= 2


def test_sides_must_double(colour_data, tmp_path):
    with pytest.raises(InputError, match=r"must double .* 16: \[8, 16\]. Received: \[8, 32\]"):
        fit(tiny(8, 32), colour_data, Run(tmp_path / "run"))
