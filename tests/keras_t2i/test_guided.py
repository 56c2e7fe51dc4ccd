"""Guided back-propagation against a case made by hand, and the sheet of a critic's filters."""

import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from benchmarks import filters
from keras_t2i.networks.guided import guided_gradient, guided_leaky_relu, responses
from keras_t2i.networks.trunks import DownTrunk
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run
from tests.small import small, write_pictures


def test_only_what_is_positive_twice_passes_back():
    x = tf.constant([2.0, 2.0, -2.0, -2.0, 0.0])
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = guided_leaky_relu(x)
        weighed = tf.reduce_sum(out * [3.0, -3.0, 3.0, -3.0, 3.0])
    np.testing.assert_allclose(out, [2.0, 2.0, -0.4, -0.4, 0.0])
    np.testing.assert_array_equal(tape.gradient(weighed, x), [3.0, 0.0, 0.0, 0.0, 0.0])


def matrix_of(layer, *shape):
    """A convolution without bias as a matrix (inputs, outputs)."""
    size = int(np.prod(shape))
    return np.asarray(layer(tf.reshape(tf.eye(size), (size, *shape)))).reshape(size, -1)


def test_a_trunk_of_two_convolutions_in_numpy():
    trunk = DownTrunk((4, 3), normalized=False)
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (5, 8, 8, 3)).astype("float32")
    plain = [m.numpy() for m in trunk(images)]
    for variable in trunk.trainable_variables:
        variable.assign(rng.normal(size=variable.shape))
    first, second = (matrix_of(c, *s) for c, s in zip(
        trunk._convolutions, ((8, 8, 3), (4, 4, 4)), strict=True
    ))  # fmt: skip
    assert plain[-1].shape == (5, 2, 2, 3)
    for feature in range(3):
        wanted = []
        for image in images.reshape(5, -1):
            inner = image @ first
            outer = np.where(inner > 0, inner, 0.2 * inner) @ second
            answers = np.where(outer > 0, outer, 0.2 * outer)[feature::3]
            place = 3 * answers.argmax() + feature
            back = second[:, place] * (outer[place] > 0)
            wanted.append(first @ (np.maximum(back, 0) * (inner > 0)))
        found = guided_gradient(trunk, tf.constant(images), feature)
        np.testing.assert_allclose(found, np.reshape(wanted, images.shape), rtol=1e-4, atol=1e-4)
        assert np.abs(found).max() > 0
    last = trunk(images)[-1].numpy()
    np.testing.assert_allclose(responses(trunk, images), last.max((1, 2)), rtol=1e-6)


def test_gradients_as_pictures():
    gradients = np.zeros((2, 2, 2, 3), "float32")
    gradients[0, 0, 0] = (-4.0, 2.0, 0.0)
    drawn = filters.around_grey(gradients)
    np.testing.assert_array_equal(drawn[0, 0, 0], [0, 191, 128])
    assert (drawn[1] == 128).all()


def test_the_share_of_the_strongest_tenth():
    even = np.ones((3, 10, 10, 3))
    assert filters.energy_in_a_tenth(even) == pytest.approx(0.1)
    even[:, 0, :, :] = 3.0  # ten of a hundred places have nine times the energy
    assert filters.energy_in_a_tenth(even) == pytest.approx(90 / 180)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    out = tmp_path_factory.mktemp("filters")
    write_pictures(out / "data")
    for name in ("dcgan-demo", "gan-demo"):
        fit(small(name), out / "data", Run(out / name))
    return out


def ask(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["filters", *map(str, words)])
    filters.main()


def test_the_sheet_of_filters(runs, tmp_path, monkeypatch, capsys):
    out = tmp_path / "filters.png"
    ask(monkeypatch, runs / "dcgan-demo", "--features", 2, "--pictures", 3, "--out", out)
    sheet = Image.open(out)
    assert sheet.size[0] == 300 + 6 * (16 + 4) + 4
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:3]] == ["feature 1", "feature 2", "mean"]
    for words, rule in (
        ((runs / "gan-demo",), "its critic must have DCGAN's convolutions. Received: MaxoutCritic"),
        ((runs / "dcgan-demo", "--features", 9), "--features must be at most 8"),
        ((runs / "dcgan-demo", "--pictures", 0), "--pictures must be at least 1"),
    ):
        with pytest.raises(InputError, match=rule):
            ask(monkeypatch, *words, "--out", tmp_path / "no.png")
    assert not (tmp_path / "no.png").exists()
