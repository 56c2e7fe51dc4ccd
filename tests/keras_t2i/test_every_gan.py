"""What every GAN owes to losses and penalties."""

import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.adversarial.losses import NoAdversarialLoss, NonSaturating, RelativisticPairing
from keras_t2i.adversarial.penalties import R1, R2, GradientPenalty
from keras_t2i.adversarial.thinned import Thinned
from keras_t2i.training.steps import Steps
from tests.games import GAMES, critics


@pytest.mark.parametrize("name", GAMES)
def test_every_gan_takes_critic_terms(name):
    model, batch = GAMES[name]()
    model.critic_extras = (GradientPenalty(), R1(2.0), R2(2.0))
    names = model.term_names(batch)
    step = model.context(batch)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        model.critic.watch(tape)
        model.generator.watch(tape)
        terms = model.critic_terms(step)
        extras = {n: v for n, v in terms.items() if n.startswith(("gradient_penalty", "r1", "r2"))}
        penalty = tf.add_n(list(extras.values()))
    wanted = {
        f"{term}{suffix}"
        for term in ("gradient_penalty", "r1", "r2")
        for suffix in critics(model, step)
    }
    assert set(extras) == wanted
    assert {f"critic/{term}" for term in wanted} <= set(names)
    assert {f"slope/real{suffix}" for suffix in critics(model, step)} <= set(names)
    gradients = model.critic.gradients(tape, penalty)
    assert max(float(tf.norm(g)) for g in gradients if g is not None) > 0
    assert all(g is None for g in model.generator.gradients(tape, penalty))


@pytest.mark.parametrize("name", GAMES)
def test_every_gan_takes_a_penalty_of_its_first_rows(name):
    model, batch = GAMES[name]()
    model.critic_extras = (Thinned(R1(2.0), 2), Thinned(R2(2.0), 2))
    step = model.context(batch)
    for critic in critics(model, step).values():
        part = critic.thinned(2)
        for mine, theirs in ((part.shown_real, critic.shown_real), (part.fakes, critic.fakes)):
            np.testing.assert_array_equal(mine, theirs[: len(mine)])
            assert 2 * len(mine) == len(theirs)
        assert len(part.real_logits) == len(part.real)
    terms = model.critic_terms(step)
    assert all(float(v) > 0 for n, v in terms.items() if n.startswith(("r1", "r2")))
    model.ready(model.term_names(batch))
    logs = tf.function(model.train_step)(batch)
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.parametrize("name", GAMES)
def test_what_penalties_score_is_what_the_losses_see(name):
    model, batch = GAMES[name]()
    step = model.context(batch)
    for critic in critics(model, step).values():
        assert critic.real.shape == critic.fakes.shape
        for shown, logits in (
            (critic.shown_real, critic.real_logits),
            (critic.shown_fakes, critic.fake_logits),
        ):
            np.testing.assert_allclose(critic.score(shown), logits, rtol=1e-4, atol=1e-5)
        assert np.abs(critic.score(critic.real) - critic.score(critic.fakes)).max() > 1e-4


@pytest.mark.parametrize("name", GAMES)
def test_every_gan_plays_relativistically(name):
    model, batch = GAMES[name]()
    model.adversarial_loss = RelativisticPairing()
    alone = model.context(batch)  # the generator's own move
    terms = model.generator_terms(alone)
    for suffix, critic in critics(model, alone).items():
        assert "real_logits" in vars(critic)
        real, fake = (critic.score(x).numpy() for x in (critic.real, critic.fakes))
        wanted = np.log1p(np.exp(real - fake)).mean()
        assert float(terms[f"fake{suffix}"]) == pytest.approx(wanted, rel=1e-4)
    model.ready(model.term_names(batch))
    logs = tf.function(model.train_step)(batch)
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("loss", [NonSaturating(), NoAdversarialLoss()])
def test_a_separable_loss_scores_no_real_pictures_for_the_generator(name, loss):
    model, batch = GAMES[name]()
    model.adversarial_loss = loss
    alone = model.context(batch)
    model.generator_terms(alone)
    for critic in critics(model, alone).values():
        assert "real_logits" not in vars(critic)


@pytest.mark.slow
@pytest.mark.parametrize("name", GAMES)
def test_xla_compiles_a_step_of_every_gan(name, undetermined):
    """It is the default on one GPU."""
    model, batch = GAMES[name]()
    model.ready(model.term_names(batch), jit_compile=True)
    assert model.jit_compile
    rows = len(next(iter(batch.values())))
    data = tf.data.Dataset.from_tensor_slices(batch).repeat().batch(rows, drop_remainder=True)
    steps = Steps(model, data)
    assert steps.take(2) == 2
    assert all(map(np.isfinite, steps.means().values()))
