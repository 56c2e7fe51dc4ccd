import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.losses import (
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    RelativisticPairing,
    Wasserstein,
)

LOGITS = np.array([-2.0, 0.5, 3.0])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("loss", "real", "fake", "generator"),
    [
        (Minimax(), -np.log(sigmoid(LOGITS)), -np.log(1 - sigmoid(LOGITS)),
         np.log(1 - sigmoid(LOGITS))),
        (NonSaturating(), -np.log(sigmoid(LOGITS)), -np.log(1 - sigmoid(LOGITS)),
         -np.log(sigmoid(LOGITS))),
        (LeastSquares(), (LOGITS - 1) ** 2 / 2, LOGITS**2 / 2, (LOGITS - 1) ** 2 / 2),
        (Hinge(), np.maximum(0, 1 - LOGITS), np.maximum(0, 1 + LOGITS), -LOGITS),
        (Wasserstein(), -LOGITS, LOGITS, -LOGITS),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(3,), (3, 1, 1, 1)])
def test_losses_against_their_formulas(loss, real, fake, generator, shape):
    logits = tf.constant(LOGITS.reshape(shape), tf.float32)
    critic = loss.critic(logits, -2 * logits + 1)
    assert list(critic) == ["real", "fake"]
    assert float(critic["real"]) == pytest.approx(real.mean(), rel=1e-5)
    assert float(critic["fake"]) == float(loss.fake(-2 * logits + 1))
    assert float(loss.fake(logits)) == pytest.approx(fake.mean(), rel=1e-5)
    (value,) = loss.generator(logits).values()
    assert float(value) == pytest.approx(generator.mean(), rel=1e-5)
    assert not loss.generator_sees_real


def test_minimax_saturates_where_the_other_form_does_not():
    logits = tf.constant([-20.0])
    gradients = []
    for loss in (Minimax(), NonSaturating()):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss.generated(logits)
        gradients.append(float(tape.gradient(value, logits)[0]))
    assert abs(gradients[0]) < 1e-8
    assert gradients[1] == pytest.approx(-1.0)


def test_extreme_logits_stay_finite():
    logits = tf.constant([-1e4, 1e4])
    for loss in (Minimax(), NonSaturating()):
        for value in (loss.real(logits), loss.fake(logits), loss.generated(logits)):
            assert np.isfinite(float(value))


@pytest.mark.parametrize("shape", [(3,), (3, 1, 1, 1)])
def test_relativistic_logits_are_compared_pair_by_pair(shape):
    fake = np.array([1.5, -0.25, 2.0])
    logits = [tf.constant(each.reshape(shape), tf.float32) for each in (LOGITS, fake)]
    loss = RelativisticPairing()
    (critic,) = loss.critic(*logits).values()
    assert float(critic) == pytest.approx(-np.log(sigmoid(LOGITS - fake)).mean(), rel=1e-5)
    (generator,) = loss.generator(logits[1], logits[0]).values()
    assert float(generator) == pytest.approx(-np.log(sigmoid(fake - LOGITS)).mean(), rel=1e-5)
    with pytest.raises(ValueError, match="needs the logits of real pictures"):
        loss.generator(logits[1])


def test_relativistic_players_pull_both_logits_apart_and_together():
    logits = tf.constant([0.5, 2.0]), tf.constant([0.5, -1.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        critic = RelativisticPairing().critic(*logits)["fake"]
        generator = RelativisticPairing().generator(logits[1], logits[0])["fake"]
    pull = sigmoid(np.array([0.0, -3.0])) / 2  # of −log σ(real − fake), a mean of two
    np.testing.assert_allclose(tape.gradient(critic, logits), [-pull, pull], rtol=1e-5)
    push = sigmoid(np.array([0.0, 3.0])) / 2
    np.testing.assert_allclose(tape.gradient(generator, logits), [push, -push], rtol=1e-5)
