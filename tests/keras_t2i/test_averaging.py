import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.averaging import ExponentialAverage, NoAverage, StochasticWeightAverage


def network():
    model = keras.Sequential(
        [keras.layers.Dense(1, use_bias=False), keras.layers.BatchNormalization()]
    )
    model.build((None, 1))
    return model


def follow(averaging, weights, statistics=7.0):
    """The average's kernel after each step of a scripted sequence of weights."""
    source, average = network(), network()
    average.set_weights(source.get_weights())
    average.layers[0].kernel.assign([[0.0]])
    source.layers[1].moving_mean.assign([statistics])
    seen = []
    update = tf.function(lambda step: averaging.update(average, source, step))
    for step, value in enumerate(weights):
        source.layers[0].kernel.assign([[value]])
        update(tf.constant(step, tf.int64))
        seen.append(float(average.layers[0].kernel.numpy()[0, 0]))
    assert float(average.layers[1].moving_mean.numpy()[0]) == pytest.approx(statistics)
    return seen


def test_exponential():
    got = follow(ExponentialAverage(0.9, warm_up=False), [1.0, 2.0, -1.0])
    np.testing.assert_allclose(got, [0.1, 0.29, 0.161], rtol=1e-5)


def test_exponential_warm_up_uses_the_smaller_decay():
    got = follow(ExponentialAverage(0.9), [1.0, 1.0])
    np.testing.assert_allclose(got, [0.9, 1 - 0.1 * 2 / 11], rtol=1e-5)


def test_stochastic_weight_average_is_the_mean_from_start_on():
    got = follow(StochasticWeightAverage(start=1), [4.0, 1.0, 2.0, 6.0])
    np.testing.assert_allclose(got, [4.0, 1.0, 1.5, 3.0], rtol=1e-5)


def test_no_average_copies():
    assert follow(NoAverage(), [1.0, 3.0]) == [1.0, 3.0]
