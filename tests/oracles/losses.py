"""Losses of tensorflow-gan, with their gradients."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_gan as tfgan
import tensorflow_probability as tfp
from cases import Case, Cases, draw


def with_gradients(
    loss: Callable[..., tf.Tensor], arguments: dict[str, np.ndarray], wrt: Iterable[str]
) -> dict[str, tf.Tensor]:
    """The loss, and its gradient by each argument in `wrt` as `gradient_<name>`."""
    tensors = {name: tf.constant(value) for name, value in arguments.items()}
    sources = {name: tensors[name] for name in wrt}
    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = loss(**tensors)
    gradients = tape.gradient(value, sources)
    return {"loss": value} | {f"gradient_{name}": g for name, g in gradients.items()}


def adversarial_losses(rng: np.random.Generator) -> Cases:
    """Each pair of losses on logits (8, 1), on patches (2, 3, 3, 1) and on extreme logits."""
    losses = tfgan.losses.wargs
    discriminators = {
        "minimax": lambda real, fake: losses.minimax_discriminator_loss(
            real, fake, label_smoothing=0.0
        ),
        "modified": lambda real, fake: losses.modified_discriminator_loss(
            real, fake, label_smoothing=0.0
        ),
        "least_squares": losses.least_squares_discriminator_loss,
        "wasserstein": losses.wasserstein_discriminator_loss,
        "wasserstein_hinge": losses.wasserstein_hinge_discriminator_loss,
    }
    generators = {
        "minimax": losses.minimax_generator_loss,
        "modified": losses.modified_generator_loss,
        "least_squares": losses.least_squares_generator_loss,
        "wasserstein": losses.wasserstein_generator_loss,
        "wasserstein_hinge": losses.wasserstein_hinge_generator_loss,
    }
    extreme = np.array([[-100.0], [-20.0], [0.0], [20.0], [100.0]], np.float32)
    logits = {
        "flat": (draw(rng, 8, 1, scale=2.0), draw(rng, 8, 1, scale=2.0)),
        "patch": (draw(rng, 2, 3, 3, 1, scale=2.0), draw(rng, 2, 3, 3, 1, scale=2.0)),
        "extreme": (extreme, extreme),
    }
    cases = {}
    for shape, (real, fake) in logits.items():
        for name, critic in discriminators.items():
            both = {"real": real, "fake": fake}
            outputs = with_gradients(lambda real, fake, f=critic: f(real, fake), both, both)
            cases[f"{name}_discriminator/{shape}"] = {"inputs": both, "outputs": outputs}
        for name, generator in generators.items():
            outputs = with_gradients(lambda fake, f=generator: f(fake), {"fake": fake}, ["fake"])
            cases[f"{name}_generator/{shape}"] = {"inputs": {"fake": fake}, "outputs": outputs}
    return cases


def gradient_penalty(
    critic: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    real: np.ndarray,
    fake: np.ndarray,
    kernel: np.ndarray,
    one_sided: bool,
) -> Case:
    """The penalty of critic(pictures, kernel), the interpolates drawn for it, its gradient."""
    interpolates = []
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.compat.v1.set_random_seed(0)
        weights = tf.constant(kernel)

        def critic_fn(pictures: tf.Tensor, _: Any) -> tf.Tensor:
            interpolates.append(pictures)
            return critic(pictures, weights)

        penalty = tfgan.losses.wargs.wasserstein_gradient_penalty(
            real, fake, None, critic_fn, "critic", one_sided=one_sided
        )
        fetches = (penalty, tf.gradients(penalty, weights)[0], interpolates[0])
        value, gradient, between = session.run(fetches)
    inputs = {"real": real, "fake": fake, "kernel": kernel, "one_sided": one_sided}
    outputs = {"loss": value, "gradient_kernel": gradient}
    return {"inputs": inputs | {"interpolates": between}, "outputs": outputs}


def gradient_penalties(rng: np.random.Generator) -> Cases:
    """On a linear critic (any interpolate gives the same) and on a quadratic one."""

    def linear(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return tf.reshape(pictures, (len(real), -1)) @ kernel

    def quadratic(pictures: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        return 0.5 * tf.reduce_sum(tf.square(linear(pictures, kernel)), axis=1, keepdims=True)

    real, fake = draw(rng, 4, 2, 2, 3), draw(rng, 4, 2, 2, 3)
    vector, matrix = draw(rng, 12, 1), draw(rng, 12, 2, scale=0.3)
    penalties = {
        "linear": gradient_penalty(linear, real, fake, vector, False),
        "linear_one_sided_below": gradient_penalty(linear, real, fake, 0.125 * vector, True),
        "quadratic": gradient_penalty(quadratic, real, fake, matrix, False),
        "quadratic_one_sided": gradient_penalty(quadratic, real, fake, matrix, True),
    }
    return {f"wasserstein_gradient_penalty/{name}": case for name, case in penalties.items()}


def information_and_cycle_losses(rng: np.random.Generator) -> Cases:
    """InfoGAN's penalty on one code of each kind and on both; CycleGAN's on pictures."""
    distributions = tfp.distributions
    codes = {
        "labels": rng.integers(0, 5, size=6).astype(np.int32),
        "logits": draw(rng, 6, 5),
        "values": rng.uniform(-1, 1, size=(6, 2)).round(4).astype(np.float32),
        "means": draw(rng, 6, 2),
    }

    def information(**given: tf.Tensor) -> tf.Tensor:
        noises, predictions = [], []
        if "labels" in given:
            noises.append(given["labels"])
            predictions.append(distributions.Categorical(logits=given["logits"]))
        if "values" in given:
            noises.append(given["values"])
            predictions.append(distributions.Normal(given["means"], 1.0))
        return tfgan.losses.wargs.mutual_information_penalty(noises, predictions)

    cases = {}
    for name, (known, predicted) in {
        "categorical": (["labels"], ["logits"]),
        "continuous": (["values"], ["means"]),
        "both": (["labels", "values"], ["logits", "means"]),
    }.items():
        inputs = {key: codes[key] for key in known + predicted}
        outputs = with_gradients(information, inputs, predicted)
        cases[f"mutual_information_penalty/{name}"] = {"inputs": inputs, "outputs": outputs}

    names = ("x", "reconstructed_x", "y", "reconstructed_y")
    pictures = {name: draw(rng, 2, 3, 3, 2) for name in names}
    outputs = with_gradients(
        lambda **given: tfgan.losses.wargs.cycle_consistency_loss(*(given[name] for name in names)),
        pictures,
        ["reconstructed_x", "reconstructed_y"],
    )
    cases["cycle_consistency"] = {"inputs": pictures, "outputs": outputs}
    return cases


def losses() -> Cases:
    """Every loss, with its gradients."""
    rng = np.random.default_rng(1)
    return adversarial_losses(rng) | gradient_penalties(rng) | information_and_cycle_losses(rng)
