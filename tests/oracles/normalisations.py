"""Normalisations of kernels and of pictures, by tensorflow-addons."""

from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa
from cases import Case, Cases, draw


def spectral_normalization(
    layer: tf.keras.layers.Layer, x: np.ndarray, kernel: np.ndarray, bias: np.ndarray, u: np.ndarray
) -> Case:
    """Three training calls and one inference call; each training call overwrites the kernel."""
    wrapper = tfa.layers.SpectralNormalization(layer, power_iterations=1)
    wrapper.build(x.shape)
    layer.set_weights([kernel, bias])
    wrapper.u.assign(u)
    vectors, kernels, outputs, sigmas = [], [kernel], [], []
    for _ in range(3):
        outputs.append(wrapper(x, training=True).numpy())
        vectors.append(wrapper.u.numpy())
        kernels.append(layer.kernel.numpy())
        sigmas.append(np.linalg.norm(kernels[-2]) / np.linalg.norm(kernels[-1]))
    return {
        "inputs": {"x": x, "kernel": kernel, "bias": bias, "u": u},
        "outputs": {
            "u": np.stack(vectors),
            "sigma": np.stack(sigmas),
            "kernel": np.stack(kernels[1:]),
            "y": np.stack(outputs),
            "y_inference": wrapper(x, training=False),
        },
    }


def weight_normalization(
    layer: tf.keras.layers.Layer, x: np.ndarray, v: np.ndarray, bias: np.ndarray, g: np.ndarray
) -> Case:
    """The layer with `g` set by hand."""
    wrapper = tfa.layers.WeightNormalization(layer, data_init=False)
    wrapper.build(x.shape)
    layer.set_weights([v, bias])
    wrapper(x)  # The first call sets g to the norm of v.
    initial_g = wrapper.g.numpy()
    wrapper.g.assign(g)
    y = wrapper(x)
    return {
        "inputs": {"x": x, "v": v, "bias": bias, "g": g},
        "outputs": {"initial_g": initial_g, "kernel": layer.kernel, "y": y},
    }


def normalization(layer: tf.keras.layers.Layer, x: np.ndarray, **options: Any) -> Case:
    """A normalisation of pictures, with the gradient of sum(y · cotangent) by its input."""
    rng = np.random.default_rng(4)
    layer.build(x.shape)
    shape = layer.gamma.shape
    gamma, beta = 1 + draw(rng, *shape, scale=0.3), draw(rng, *shape)
    layer.set_weights([gamma, beta])
    cotangent = draw(rng, *x.shape)
    with tf.GradientTape() as tape:
        pictures = tf.constant(x)
        tape.watch(pictures)
        y = layer(pictures)
    arrays = {"x": x, "gamma": gamma, "beta": beta, "cotangent": cotangent}
    gradient = tape.gradient(y, pictures, tf.constant(cotangent))
    return {"inputs": options | arrays, "outputs": {"y": y, "gradient_x": gradient}}


def normalisations() -> Cases:
    """Normalisations of kernels (dense and convolutional) and of pictures."""
    rng = np.random.default_rng(3)
    layers = tf.keras.layers
    kinds = {
        "dense": (lambda: layers.Dense(4), draw(rng, 3, 5), draw(rng, 5, 4)),
        "conv2d": (lambda: layers.Conv2D(4, 3), draw(rng, 2, 4, 4, 2), draw(rng, 3, 3, 2, 4)),
    }
    cases = {}
    for kind, (layer, x, kernel) in kinds.items():
        bias, u, g = draw(rng, 4), draw(rng, 1, 4), 1 + draw(rng, 4, scale=0.3)
        cases[f"spectral/{kind}"] = spectral_normalization(layer(), x, kernel, bias, u)
        cases[f"weight/{kind}"] = weight_normalization(layer(), x, kernel, bias, g)
    x = 0.5 + draw(rng, 2, 3, 3, 6, scale=2.0)
    for groups in (1, 3):
        cases[f"group/{groups}"] = normalization(
            tfa.layers.GroupNormalization(groups, epsilon=1e-3), x, groups=groups, epsilon=1e-3
        )
    cases["instance"] = normalization(
        tfa.layers.InstanceNormalization(epsilon=1e-3), x, epsilon=1e-3
    )
    cases["filter_response"] = normalization(
        tfa.layers.FilterResponseNormalization(epsilon=1e-6), x, epsilon=1e-6
    )
    return cases
