"""Averages of weights, by tensorflow-addons."""

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from cases import Cases, draw

SGD = tf.keras.optimizers.legacy.SGD  # The averages wrap Keras' old optimizers only.


def averages() -> Cases:
    """The weights and their average after each of 12 steps of gradient descent."""
    rng = np.random.default_rng(2)
    start, gradients = draw(rng, 2, 3), draw(rng, 12, 2, 3)
    moving, stochastic = tfa.optimizers.MovingAverage, tfa.optimizers.SWA
    cases = {}
    for name, (wrapper, options) in {
        "moving_average": (moving, {"average_decay": 0.9}),
        "moving_average/start_step": (moving, {"average_decay": 0.9, "start_step": 4}),
        "moving_average/dynamic": (moving, {"average_decay": 0.9, "dynamic_decay": True}),
        "moving_average/dynamic_capped": (moving, {"average_decay": 0.3, "dynamic_decay": True}),
        "moving_average/dynamic_start_step": (
            moving,
            {"average_decay": 0.3, "dynamic_decay": True, "start_step": 4},
        ),
        "swa": (stochastic, {"start_averaging": 0, "average_period": 1}),
        "swa/start": (stochastic, {"start_averaging": 4, "average_period": 1}),
        "swa/start_period": (stochastic, {"start_averaging": 2, "average_period": 3}),
    }.items():
        optimizer = wrapper(SGD(0.5), **options)
        variable = tf.Variable(start)
        weights, means = [start], []
        for gradient in gradients:
            optimizer.apply_gradients([(tf.constant(gradient), variable)])
            weights.append(variable.numpy())
            means.append(optimizer.get_slot(variable, "average").numpy())
        inputs = {"options": options, "weights": np.stack(weights)}
        cases[name] = {"inputs": inputs, "outputs": {"averages": np.stack(means)}}
    return cases
