"""What the GAN family adds to the trainer, on games small enough to follow by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.averaging import NoAverage
from keras_t2i.adversarial.latents import Gaussian
from keras_t2i.adversarial.losses import NonSaturating, Wasserstein
from keras_t2i.adversarial.penalties import GradientPenalty
from keras_t2i.adversarial.schedules import Alternating, Simultaneous, Unrolled
from keras_t2i.adversarial.unconditional import UnconditionalGAN
from keras_t2i.training.constraints import WeightClipping

POINTS = tf.constant(np.random.default_rng(0).normal(2.0, 0.5, (16, 2)), tf.float32)


def linear(inputs, outputs, seed, bias=True):
    kind = keras.initializers.RandomNormal(0.5, seed=seed)
    layer = keras.layers.Dense(outputs, use_bias=bias, kernel_initializer=kind)
    model = keras.Sequential([keras.Input((inputs,)), layer])
    return model


def gan(discriminator=None, **options):
    model = UnconditionalGAN(
        noise_dim=3,
        network=linear(3, 2, 1),
        average=linear(3, 2, 1),
        discriminator=discriminator or linear(2, 1, 2),
        latent=Gaussian(),
        averaging=NoAverage(),
        seed=0,
        **{
            "loss": Wasserstein(),
            "schedule": Simultaneous(),
            "optimizers": (keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)),
            **options,
        },
    )
    model.ready(model.term_names({"image": POINTS}))
    return model


def test_the_gradient_penalty_of_a_linear_critic_is_known():
    model = gan(critic_extras=[GradientPenalty(10.0)], schedule=Alternating())
    slope = np.linalg.norm(model.discriminator.get_weights()[0])
    logs = model.train_step({"image": POINTS})
    np.testing.assert_allclose(logs["critic/gradient_penalty"], 10 * (slope - 1) ** 2, rtol=1e-5)
    np.testing.assert_allclose(logs["slope/critic"], slope, rtol=1e-5)


def test_the_gradient_penalty_brings_the_slope_to_one():
    model = gan(
        critic_extras=[GradientPenalty(10.0)], schedule=Alternating(),
        optimizers=(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.02)),
    )  # fmt: skip
    step = tf.function(model.train_step)
    for _ in range(200):
        logs = step({"image": POINTS})
    # At the optimum of −s·d + 10 (s − 1)², s is 1 + d / 20, for points that are d apart.
    assert 1.0 < float(logs["slope/critic"]) < 1.3


def test_the_gradient_penalty_moves_no_generator():
    model = gan(critic_extras=[GradientPenalty()], schedule=Simultaneous())
    context = model.context({"image": POINTS})
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        model.generator.watch(tape)
        penalty = GradientPenalty()(context)
    assert all(g is None for g in model.generator.gradients(tape, penalty))


def test_clipped_weights_stay_within_their_limit():
    model = gan(critic_constraint=WeightClipping(0.01), schedule=Alternating())
    model.train_step({"image": POINTS})
    assert all(np.abs(w).max() <= 0.01 for w in model.discriminator.get_weights())
    assert np.abs(model.network.get_weights()[0]).max() > 0.01


def test_looking_no_step_ahead_is_alternating_on_one_batch():
    one, other = gan(schedule=Unrolled(0)), gan(schedule=Alternating())
    one.train_step({"image": POINTS})
    other.train_step({"image": POINTS})
    # Alternating draws new noise for the generator; the critics move alike.
    for a, b in zip(
        one.discriminator.get_weights(), other.discriminator.get_weights(), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_unrolling_differentiates_through_the_critics_moves():
    """D(x) = w·x, G(z) = b: after one move, w₁ = w + η (x̄ − b); dL_G/db = −w₁ + η b by hand."""
    eta = 0.25
    model = gan(discriminator=linear(2, 1, 2, bias=False), schedule=Unrolled(1, eta))
    kernel, bias = model.network.trainable_variables
    kernel.assign(tf.zeros_like(kernel.value))
    bias.assign([0.3, -0.7])
    critic = model.critic.variables[0]
    data = {"image": POINTS}
    before = critic.numpy()[:, 0]
    mean = POINTS.numpy().mean(0)
    ahead = before + eta * (mean - bias.numpy())
    terms = model.schedule._ahead(model, data).terms
    np.testing.assert_allclose(terms["fake"], -ahead @ bias.numpy(), rtol=1e-5)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        model.generator.watch(tape)
        loss = model.schedule._ahead(model, data).terms["fake"]
    expected = -ahead + eta * bias.numpy()
    np.testing.assert_allclose(tape.gradient(loss, bias.value), expected, rtol=1e-5)
    np.testing.assert_array_equal(critic.numpy()[:, 0], before)  # only looked ahead
    logs = model.train_step(data)
    np.testing.assert_allclose(logs["gradient_norm/generator"] > 0, True)


@pytest.mark.parametrize("schedule", [Simultaneous(), Alternating(2), Unrolled(3)])
def test_a_game_in_a_graph_comes_near_the_points(schedule):
    hidden = keras.initializers.GlorotUniform(3)

    def critic():
        return keras.Sequential([
            keras.Input((2,)), keras.layers.Dense(32, "relu", kernel_initializer=hidden),
            keras.layers.Dense(1, kernel_initializer=hidden),
        ])  # fmt: skip

    model = gan(
        loss=NonSaturating(), schedule=schedule, discriminator=critic(),
        optimizers=(keras.optimizers.Adam(5e-3, 0.5), keras.optimizers.Adam(5e-3, 0.5)),
    )  # fmt: skip
    step = tf.function(model.train_step)
    batch = {"image": tf.tile(POINTS, (schedule.batches, 1))}
    for _ in range(800):
        step(batch)
    drawn = model.sample(tf.random.stateless_normal((500, 3), (0, 1))).numpy()
    assert np.linalg.norm(drawn.mean(0) - 2.0) < 1.2  # it was 2.8 at first
