import keras
import numpy as np
import tensorflow as tf

from keras_t2i.training.train_state import Objective, TrainState


def dense(value):
    layer = keras.layers.Dense(1, use_bias=False)
    layer.build((None, 1))
    layer.kernel.assign([[value]])
    return layer


def test_minimize_moves_only_its_own_variables_and_sums_the_terms():
    own, other = dense(2.0), dense(3.0)
    player = TrainState([own], keras.optimizers.SGD(0.1))
    x = tf.constant([[1.0]])

    def terms():
        y = other(own(x))[0, 0]  # = 6
        return Objective({"linear": y, "square": y**2}, {"watched": x})

    values, norm = player.minimize(terms)
    # d(y + y²)/d own = 3 · (1 + 2 · 6) = 39
    assert {k: float(v) for k, v in values.terms.items()} == {"linear": 6.0, "square": 36.0}
    assert values.seen["watched"] is x
    assert float(norm) == 39.0
    np.testing.assert_allclose(own.kernel.numpy(), [[2.0 - 3.9]], rtol=1e-6)
    np.testing.assert_allclose(other.kernel.numpy(), [[3.0]])


def test_optimizer_state_exists_before_the_first_step():
    player = TrainState([dense(1.0)], keras.optimizers.Adam())
    assert len(player.optimizer.variables) == 4  # iterations, rate, two moments
