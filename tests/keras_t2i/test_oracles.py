"""Losses, averages and normalisations against tensorflow-gan's and tensorflow-addons' records."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.averaging import ExponentialAverage, StochasticWeightAverage
from keras_t2i.adversarial.losses import Hinge, LeastSquares, Minimax, NonSaturating, Wasserstein

ORACLES = json.loads((Path(__file__).parents[1] / "oracles" / "oracles.json").read_text())
LOSSES = {
    "minimax": Minimax(),
    "modified": NonSaturating(),
    "least_squares": LeastSquares(),
    "wasserstein": Wasserstein(),
    "wasserstein_hinge": Hinge(),
}
SHAPES = ("flat", "patch", "extreme")


def numbers(values):
    return np.array(values, "float32")


def value_and_gradients(function, *inputs):
    tensors = [tf.constant(numbers(i)) for i in inputs]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
    return value.numpy(), [g.numpy() for g in tape.gradient(value, tensors)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LOSSES)
def test_critic_losses(name, shape):
    case, loss = ORACLES["losses"][f"{name}_discriminator/{shape}"], LOSSES[name]
    value, gradients = value_and_gradients(
        lambda real, fake: tf.add_n(list(loss.critic(real, fake).values())),
        case["inputs"]["real"],
        case["inputs"]["fake"],
    )
    np.testing.assert_allclose(value, case["outputs"]["loss"], rtol=1e-5)
    for gradient, side in zip(gradients, ("real", "fake"), strict=True):
        wanted = numbers(case["outputs"][f"gradient_{side}"])
        np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LOSSES)
def test_generator_losses(name, shape):
    case, loss = ORACLES["losses"][f"{name}_generator/{shape}"], LOSSES[name]
    value, (gradient,) = value_and_gradients(loss.generated, case["inputs"]["fake"])
    # tensorflow-gan's minimax loss carries the constant of a critic term at logits of one.
    constant = np.log(1 + 1 / np.e) if name == "minimax" else 0.0
    np.testing.assert_allclose(value - constant, case["outputs"]["loss"], rtol=1e-5, atol=1e-6)
    wanted = numbers(case["outputs"]["gradient_fake"])
    np.testing.assert_allclose(gradient, wanted, rtol=1e-5, atol=1e-7)


def network(values):
    model = keras.Sequential([keras.layers.Dense(values.shape[1], use_bias=False)])
    model.build((None, values.shape[0]))
    model.set_weights([values])
    return model


@pytest.mark.parametrize(
    ("name", "averaging", "first"),
    [
        ("moving_average", ExponentialAverage(0.9, warm_up=False), 0),
        ("moving_average/dynamic", ExponentialAverage(0.9), 0),
        ("moving_average/dynamic_capped", ExponentialAverage(0.3), 0),
        ("swa", StochasticWeightAverage(0), 0),
        # Before its start tensorflow-addons holds zeros, ours the weights.
        ("swa/start", StochasticWeightAverage(4), 4),
    ],
)
def test_averages(name, averaging, first):
    case = ORACLES["averages"][name]
    weights = numbers(case["inputs"]["weights"])
    source, average = network(weights[0]), network(weights[0])
    for step, wanted in enumerate(numbers(case["outputs"]["averages"])):
        source.set_weights([weights[step + 1]])
        averaging.update(average, source, tf.constant(step, tf.int64))
        if step >= first:
            np.testing.assert_allclose(average.get_weights()[0], wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("name", "groups"), [("group/1", 1), ("group/3", 3), ("instance", -1)])
def test_keras_group_normalisation_is_the_one_of_tensorflow_addons(name, groups):
    case = ORACLES["normalisations"][name]
    inputs, outputs = case["inputs"], case["outputs"]
    layer = keras.layers.GroupNormalization(groups, epsilon=inputs["epsilon"])
    x = numbers(inputs["x"])
    layer.build(x.shape)
    layer.set_weights([numbers(inputs["gamma"]).ravel(), numbers(inputs["beta"]).ravel()])
    cotangent = numbers(inputs["cotangent"])
    y = layer(x).numpy()
    np.testing.assert_allclose(y, numbers(outputs["y"]), rtol=1e-4, atol=1e-5)
    _, (gradient,) = value_and_gradients(lambda t: tf.reduce_sum(layer(t) * cotangent), x)
    np.testing.assert_allclose(gradient, numbers(outputs["gradient_x"]), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["spectral/dense", "spectral/conv2d"])
def test_keras_spectral_normalisation_is_the_one_of_tensorflow_addons(name):
    case = ORACLES["normalisations"][name]
    inputs, outputs = case["inputs"], case["outputs"]
    kernel = numbers(inputs["kernel"])
    inner = (
        keras.layers.Dense(kernel.shape[-1])
        if kernel.ndim == 2
        else keras.layers.Conv2D(kernel.shape[-1], kernel.shape[:2], padding="same")
    )
    layer = keras.layers.SpectralNormalization(inner, power_iterations=1)
    x = numbers(inputs["x"])
    layer.build(x.shape)
    inner.set_weights([kernel, numbers(inputs["bias"])])
    layer.vector_u.assign(numbers(inputs["u"]))
    for call in range(len(outputs["sigma"])):
        layer(x, training=True)
        wanted = numbers(outputs["kernel"][call])
        np.testing.assert_allclose(inner.kernel.numpy(), wanted, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            layer.vector_u.numpy(), numbers(outputs["u"][call]), rtol=1e-4, atol=1e-6
        )
