"""Sampling by graphs: the same pictures as operation by operation, traced once, no copies."""

import threading
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.latents import ClippedGaussian, Coded, Gaussian, Joined, row_noise
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import noise_pictures
from keras_t2i.networks.traced import traced


class Doubles(keras.Model):
    """Counts how often Python runs its method."""

    def __init__(self):
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False)
        self.runs = 0

    @traced
    def sample(self, rows, negative=False):
        """Rows times the factor."""
        self.runs += 1
        return (-1.0 if negative else 1.0) * self.factor * rows


def test_a_method_is_traced_once_for_all_numbers_of_rows():
    model, other = Doubles(), Doubles()
    for count in (4, 7, 9, 3):
        np.testing.assert_array_equal(model.sample(tf.ones((count, 2))), np.ones((count, 2)))
    assert model.runs == 2  # the first number, then any
    assert other.runs == 0
    np.testing.assert_array_equal(model.sample(tf.ones((4, 2)), negative=True), -np.ones((4, 2)))
    assert Doubles.sample(other, tf.ones((1, 2))).shape == (1, 2)


def test_later_weights_count():
    model = Doubles()
    model.sample(tf.ones((2, 2)))
    model.factor.assign(3.0)
    np.testing.assert_array_equal(model.sample(tf.ones((2, 2))), np.full((2, 2), 3.0))


def test_it_is_called_within_other_graphs():
    model = Doubles()
    outer = tf.function(lambda rows: model.sample(rows) + 1.0)
    np.testing.assert_array_equal(outer(tf.ones((2, 2))), np.full((2, 2), 2.0))


def test_no_saved_model_keeps_the_graph(tmp_path):
    model = Doubles()
    model.sample(tf.ones((2, 2)))
    module = tf.Module()
    module.model = model
    module.serve = tf.function(
        lambda rows: model.factor * rows, input_signature=[tf.TensorSpec((None, 2))]
    )
    tf.saved_model.save(module, str(tmp_path), signatures=module.serve)
    assert not hasattr(tf.saved_model.load(str(tmp_path)).model, "sample")


@pytest.mark.parametrize(
    "latent",
    [Gaussian(), ClippedGaussian(), Coded(3, 2, 1), Joined(((Gaussian(), 2), (Gaussian(), 4)))],
    ids=lambda latent: type(latent).__name__,
)
def test_noise_of_a_row_is_that_of_its_seed(latent):
    seeds = tf.constant([5, 2**40, 5], tf.int64)
    noise = row_noise(latent, seeds, 6).numpy()
    alone = [latent.sample((6,), tf.stack([seed, tf.zeros_like(seed)])) for seed in seeds]
    np.testing.assert_array_equal(noise, alone)


def test_the_next_pictures_are_drawn_while_some_are_seen(tmp_path):
    pictures, next_drawn = noise_pictures(8, 128, 0), threading.Event()

    def read(rows):
        if rows[0]:
            next_drawn.set()
        return pictures.read(rows)

    class Waits(RandomProjection):
        """Sees the first pictures only when the next ones are asked for."""

        def __call__(self, resized):
            assert next_drawn.wait(60)
            return super().__call__(resized)

    store = FeatureStore(tmp_path / "beside")
    found = store.features(replace(pictures, read=read), Waits()).features
    plain = FeatureStore(tmp_path / "plain").features(pictures, RandomProjection()).features
    np.testing.assert_array_equal(found, plain)
