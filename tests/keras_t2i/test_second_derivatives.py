"""What a penalty of a critic's gradient gives back through the layers of the critics."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.penalties import R1
from keras_t2i.networks.layers.twice_differentiable import (
    BatchNormalization,
    InstanceNormalization,
)
from keras_t2i.networks.trunks import DownTrunk
from tests.games import pictures


class Plain(keras.Model):
    """`DownTrunk` and a score, in float64, of layers that none of ours makes fast."""

    def __init__(self, channels=(4, 5, 6), norm=BatchNormalization):
        super().__init__(dtype="float64")
        self._convolutions = [
            keras.layers.Conv2D(c, 4, 2, "same", use_bias=False, dtype="float64") for c in channels
        ]
        self._norms = [norm(dtype="float64") for _ in channels[1:]]

    def call(self, x):
        for convolution, norm in zip(self._convolutions, [None, *self._norms], strict=True):
            x = convolution(x)
            x = keras.ops.leaky_relu(norm(x, training=True) if norm else x, 0.2)
        return tf.reduce_sum(x**2, (1, 2, 3))


class Ours(DownTrunk):
    """The same, fast and in float32."""

    def call(self, x):
        return tf.reduce_sum(super().call(x, training=True)[-1] ** 2, (1, 2, 3))


class Unconditioned(InstanceNormalization):
    """Takes `training` as the others do."""

    def call(self, inputs, training=False):
        return super().call(inputs)


def value_and_gradients(network, images):
    weights = [v.value for v in network.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        step = SimpleNamespace(shown_real=images, score=network, logged={})
        value = R1(2.0)(step)
    return value, tape.gradient(value, weights)


@pytest.mark.parametrize("norm", [BatchNormalization, Unconditioned])
def test_they_are_differences_of_penalties(norm):
    images = tf.cast(pictures(3), tf.float64)
    network = Plain(norm=norm)
    network(images)
    _, gradients = value_and_gradients(network, images)
    rng = np.random.default_rng(2)
    for variable, gradient in zip(network.trainable_variables, gradients, strict=True):
        start, way, ends = variable.numpy(), rng.normal(size=variable.shape), []
        for distance in (1e-6, -1e-6):
            variable.assign(start + distance * way)
            ends.append(float(value_and_gradients(network, images)[0]))
        variable.assign(start)
        along = float(tf.reduce_sum(gradient * way))
        # Through Keras's own layers it is off by 1e-3 and more.
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(along, rel=1e-4)


@pytest.mark.parametrize("rows", [3, 40])  # both forms of the filter gradient
@pytest.mark.parametrize("compiled", [False, True])
def test_the_fast_layers_have_them_as_well(rows, compiled):
    images = pictures(rows)
    plain, ours = Plain(), Ours((4, 5, 6))
    ours(images)
    plain(tf.cast(images, tf.float64))
    rng = np.random.default_rng(1)
    for variable in plain.trainable_variables:
        variable.assign(rng.normal(float(len(variable.shape) == 1), 0.3, variable.shape))
    ours.set_weights(plain.get_weights())
    play = tf.function(lambda: value_and_gradients(ours, images), jit_compile=compiled)
    value, gradients = play()
    wanted, exact = value_and_gradients(plain, tf.cast(images, tf.float64))
    np.testing.assert_allclose(value, wanted, rtol=1e-4)
    for one, other in zip(gradients, exact, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("ours", "theirs", "shape", "options"),
    [
        (BatchNormalization, keras.layers.BatchNormalization, (7, 5, 6), {"training": True}),
        (BatchNormalization, keras.layers.BatchNormalization, (7, 6), {"training": True}),
        (BatchNormalization, keras.layers.BatchNormalization, (7, 6), {"training": False}),
        (InstanceNormalization, keras.layers.GroupNormalization, (5, 8, 8, 6), {}),
    ],
)
def test_first_derivatives_are_kerass_bit_by_bit(dtype, ours, theirs, shape, options):
    rng = np.random.default_rng(0)
    x, cotangent = (tf.constant(rng.normal(1, 2, shape), tf.float32) for _ in range(2))
    same = {"momentum": 0.9} if theirs is keras.layers.BatchNormalization else {"groups": -1}
    layers = ours(dtype=dtype), theirs(epsilon=1e-5, dtype=dtype, **same)
    found = []
    for layer in layers:
        layer.build(shape)
        layer.set_weights([np.linspace(0.5, 1.5, 6) for _ in layer.get_weights()])

        @tf.function
        def play(layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x, **options)
                total = tf.reduce_sum(tf.cast(y, tf.float32) * cotangent)
            weights = [v.value for v in layer.trainable_variables]
            return [tf.cast(y, tf.float32), *tape.gradient(total, [x, *weights])]

        found.append([each.numpy() for each in play()] + layer.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
