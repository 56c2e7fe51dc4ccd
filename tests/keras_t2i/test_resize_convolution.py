"""`ResizeConvolution` is what it is said to be, and draws no checkerboard of what is even."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.networks.layers.enlarging_specs import Enlarged, Resized, Transposed
from keras_t2i.networks.layers.resize_convolution import DoubledConvolution, ResizeConvolution
from keras_t2i.networks.layers.stride_two import Upsample
from keras_t2i.tasks.text_to_image.networks import Generator


def test_it_is_nearest_neighbour_and_a_convolution():
    layer = ResizeConvolution(5)
    x = tf.random.stateless_normal((2, 6, 8, 3), [1, 2])
    with tf.GradientTape() as tape:
        tape.watch(x)
        drawn = layer(x)
        loss = tf.reduce_sum(drawn**3)
    kernel = layer.kernel.value
    assert kernel.shape == (3, 3, 5, 3)
    by_x, by_kernel = tape.gradient(loss, [x, kernel])
    with tf.GradientTape() as tape:
        tape.watch([x, kernel])
        # A transposed convolution turns its kernel round.
        turned = tf.transpose(tf.reverse(kernel, [0, 1]), (0, 1, 3, 2))
        large = keras.layers.UpSampling2D(2, interpolation="nearest")(x)
        wanted = tf.nn.conv2d(large, turned, 1, "SAME")
        loss = tf.reduce_sum(wanted**3)
    np.testing.assert_allclose(drawn, wanted, atol=1e-5)
    for found, true in zip((by_x, by_kernel), tape.gradient(loss, [x, kernel]), strict=True):
        np.testing.assert_allclose(found, true, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_a_doubled_convolution_is_kerass_after_doubling(bias):
    ours = DoubledConvolution(5, use_bias=bias)
    theirs = keras.layers.Conv2D(5, 3, padding="same", use_bias=bias)
    double, x = keras.layers.UpSampling2D(2), tf.random.stateless_normal((2, 5, 7, 3), [1, 2])
    ours(x), theirs(x)
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=weight.shape) for weight in theirs.get_weights()]
    found = []
    for layer, maps in ((ours, lambda: x), (theirs, lambda: double(x))):
        layer.set_weights(weights)
        with tf.GradientTape() as tape:
            tape.watch(x)
            drawn = layer(maps())
            loss = tf.reduce_sum(drawn**3)
        slopes = tape.gradient(loss, [x, *[v.value for v in layer.trainable_variables]])
        found.append([drawn, *slopes])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-2)
        assert np.abs(other).max() > 1


def test_what_is_even_stays_even():
    even = tf.ones((1, 8, 8, 4))
    inside = ResizeConvolution(1)(even)[0, 2:-2, 2:-2, 0]
    assert float(tf.math.reduce_std(inside)) < 1e-6
    dotted = Upsample(1)(even)[0, 2:-2, 2:-2, 0]
    assert float(tf.math.reduce_std(dotted)) > 1e-2


def test_the_last_map_is_enlarged_to_the_picture():
    keras.utils.set_random_seed(1)
    generator = Generator((12, 8), 6, 4, enlarging=Resized(), picture=Enlarged())
    assert generator.image_size == 16
    noise, embedding = tf.random.stateless_normal((3, 6), [1, 2]), tf.ones((3, 4))
    images, _ = generator(noise, embedding)
    assert images.shape == (3, 16, 16, 3)
    assert isinstance(generator._picture, ResizeConvolution)
    assert (
        dots(images)
        < 0.2
        < dots(Generator((12, 8, 6), 6, 4, enlarging=Transposed())(noise, embedding)[0])
    )


def dots(images):
    """Share of the pictures' energy that alternates from pixel to pixel, in [0, 1]."""
    grey = np.asarray(images).mean(-1)
    spectrum = np.abs(np.fft.fft2(grey - grey.mean((1, 2), keepdims=True))) ** 2
    half = grey.shape[1] // 2
    alternating = spectrum[:, half].sum() + spectrum[:, :, half].sum()
    return alternating / spectrum.sum()
