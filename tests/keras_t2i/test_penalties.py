"""Penalties of the critic's gradient against closed forms, and steps with them."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.augmentation import Cutout
from keras_t2i.adversarial.latents import Latent
from keras_t2i.adversarial.penalties import (
    R1,
    R2,
    GradientPenalty,
    MatchingAwareGradientPenalty,
    squared_slopes,
)
from tests.games import labels, one_scale_captions, one_scale_labels

RNG = np.random.default_rng(0)
REAL, FAKE = (tf.constant(RNG.normal(m, 1, (5, 3)), tf.float32) for m in (0.0, 2.0))
TEXT = tf.constant(RNG.normal(size=(5, 4)), tf.float32)
MATRIX = RNG.normal(size=(3, 3))
CURVED, SLOPE = (
    tf.constant(MATRIX + MATRIX.T, tf.float32),
    tf.constant(RNG.normal(size=3), tf.float32),
)
MIXED = tf.constant(RNG.normal(size=(3, 4)), tf.float32)


def context(score, **more):
    """A step of a critic that is a formula."""
    return SimpleNamespace(
        real=REAL, fakes=FAKE, shown_real=REAL, shown_fakes=FAKE, score=score, logged={},
        seed=lambda stream: tf.constant([stream, 7], tf.int64), **more,
    )  # fmt: skip


def quadratic(x):
    """½ xᵀAx + b·x, whose gradient is Ax + b."""
    return 0.5 * tf.reduce_sum(x * (x @ CURVED), -1) + tf.linalg.matvec(x, SLOPE)


@pytest.mark.parametrize(("penalty", "places"), [(R1, REAL), (R2, FAKE)])
def test_zero_centred_penalties_of_a_quadratic_critic(penalty, places):
    step = context(quadratic)
    slopes = places.numpy() @ CURVED.numpy() + SLOPE.numpy()
    squares = (slopes**2).sum(1)
    assert float(penalty(3.0)(step)) == pytest.approx(1.5 * squares.mean(), rel=1e-5)
    (logged,) = step.logged.values()
    assert float(logged) == pytest.approx(np.sqrt(squares).mean(), rel=1e-5)


@pytest.mark.parametrize("penalty", [R1, R2])
def test_zero_centred_penalties_pull_a_linear_critic_by_its_weights(penalty):
    weights = tf.Variable(SLOPE)
    with tf.GradientTape() as tape:
        value = penalty(4.0)(context(lambda x: tf.linalg.matvec(x, weights)))
    assert float(value) == pytest.approx(2.0 * (SLOPE.numpy() ** 2).sum(), rel=1e-5)
    np.testing.assert_allclose(tape.gradient(value, weights), 4.0 * SLOPE, rtol=1e-5)


def test_a_patch_critic_is_the_mean_of_its_patches():
    def patches(x):
        return tf.stack([quadratic(x), 3.0 * quadratic(x)], 1)[:, :, None, None]

    assert float(R1()(context(patches))) == pytest.approx(4 * float(R1()(context(quadratic))))


def test_a_critic_that_does_not_look_is_flat():
    assert float(R1()(context(lambda x: tf.zeros(len(x))))) == 0.0


@pytest.mark.parametrize("power", [2.0, 6.0])
def test_the_matching_aware_penalty_of_a_bilinear_critic(power):
    """D = b·x + xᵀMe: its gradients are b + Me and Mᵀx."""

    def score_pairs(x, e):
        return tf.linalg.matvec(x, SLOPE) + tf.reduce_sum((x @ MIXED) * e, -1)

    step = context(None, embedding=TEXT, score_pairs=score_pairs)
    by_picture = np.linalg.norm(SLOPE.numpy() + TEXT.numpy() @ MIXED.numpy().T, axis=1)
    by_text = np.linalg.norm(REAL.numpy() @ MIXED.numpy(), axis=1)
    wanted = 0.5 * ((by_picture + by_text) ** power).mean()
    assert float(MatchingAwareGradientPenalty(0.5, power)(step)) == pytest.approx(wanted, rel=1e-4)
    logged = float(step.logged["slope/matched"])
    assert logged == pytest.approx((by_picture + by_text).mean(), rel=1e-5)


def test_the_matching_aware_penalty_of_a_flat_critic_has_a_gradient():
    weights = tf.Variable(tf.zeros(3))
    step = context(
        None, embedding=TEXT,
        score_pairs=lambda x, e: tf.linalg.matvec(x, weights) + 0.0 * tf.reduce_sum(e, -1),
    )  # fmt: skip
    with tf.GradientTape() as tape:
        value = MatchingAwareGradientPenalty(power=1.0)(step)
    assert np.isfinite(tape.gradient(value, weights)).all()


def test_penalties_at_pictures_are_taken_where_the_critic_sees_them():
    model, batch = labels(augmentations=(Cutout(0.9),))
    step = model.context(batch)
    (shown,), (bare,) = (squared_slopes(step.score, x) for x in (step.shown_real, step.real))
    assert float(R1(2.0)(step)) == pytest.approx(float(tf.reduce_mean(shown)), rel=1e-6)
    assert float(R1(2.0)(step)) != pytest.approx(float(tf.reduce_mean(bare)), rel=1e-2)


class Still(Latent):
    """The same noise each time: XLA draws other numbers from a seed than the kernels do."""

    def sample(self, shape, seed):
        return tf.reshape(tf.linspace(-1.0, 1.0, shape[0] * shape[1]), shape)


@pytest.mark.parametrize(
    ("game", "extras"),
    [
        (one_scale_captions, (GradientPenalty(), R1(), R2(), MatchingAwareGradientPenalty())),
        (one_scale_labels, (GradientPenalty(), R1(), R2())),
    ],
)
def test_a_step_under_xla_is_a_step_without(game, extras):
    model, batch = game()
    model.critic_extras, model.latent, model.augmentations = extras, Still(), ()
    model.ready(model.term_names(batch))
    start, logs = model.get_weights(), []
    for compiled in (False, True):
        model.set_weights(start)
        model.reset_metrics()
        step = tf.function(model.train_step, jit_compile=compiled)
        logs.append({name: float(value) for name, value in step(batch).items()})
    assert {f"critic/{extra.name}" for extra in extras} <= set(logs[0])
    assert np.isfinite(list(logs[1].values())).all()
    drawn = {"critic/gradient_penalty", "slope/critic", "gradient_norm/critic"}
    for name in set(logs[0]) - drawn:
        assert logs[1][name] == pytest.approx(logs[0][name], rel=1e-4, abs=1e-6), name
