from dataclasses import replace
from types import SimpleNamespace

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
from keras_t2i.adversarial.schedules import Alternating, Simultaneous
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.text_to_image.caption_stage import CaptionGiven
from keras_t2i.tasks.text_to_image.gan import CaptionContext, ConditionalGAN
from keras_t2i.tasks.text_to_image.gan_stage import CaptionGanStage
from keras_t2i.tasks.text_to_image.networks import Discriminator, Generator
from keras_t2i.tasks.text_to_image.terms import ConditioningDivergence, Interpolation
from tests.tiny_run import tiny


def batch(rows=8, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "image": tf.constant(rng.uniform(-1, 1, (rows, 16, 16, 3)), tf.float32),
        "caption": tf.constant(rng.normal(size=(rows, 8)), tf.float32),
        "mismatched": tf.constant(rng.normal(size=(rows, 8)), tf.float32),
        "label": tf.zeros((rows,), tf.int64),
        "attributes": tf.zeros((rows, 0), tf.int64),
    }


def gan(**changes):
    model = tiny(**changes).gan.model(8)
    model.ready(model.term_names(batch(8 * model.schedule.batches)))
    return model


def weights(network):
    return [np.array(w) for w in network.get_weights()]


def moved(before, after):
    return max(np.abs(a - b).max() for a, b in zip(before, after, strict=True))


def test_networks_have_the_papers_shapes():
    generator, discriminator = Generator(), Discriminator()
    images, divergence = generator(np.zeros((2, 100), "float32"), np.zeros((2, 128), "float32"))
    assert images.shape == (2, 64, 64, 3)
    assert divergence.shape == (2,)
    assert discriminator(images, np.zeros((2, 128), "float32")).shape == (2,)
    assert discriminator.features(images).shape == (2, 4, 4, 512)
    shapes = {tuple(w.shape) for w in generator.get_weights()}
    assert {(228, 4 * 4 * 768), (4, 4, 384, 768), (4, 4, 48, 96), (3, 3, 48, 3)} <= shapes
    shapes = {tuple(w.shape) for w in discriminator.get_weights()}
    assert {(4, 4, 3, 64), (4, 4, 256, 512), (128, 4 * 4 * 128), (4 * 4 * 640, 1)} <= shapes


@pytest.mark.parametrize(("joint", "blind"), [(0, True), (16, False)])
def test_a_linear_score_cannot_tell_a_mismatch(joint, blind):
    """s(x, e) − s(x, e') − s(x', e) + s(x', e') is 0 for all pairs if s = a(x) + b(e)."""
    discriminator = Discriminator((8, 16), 8, 4, joint)
    rng = np.random.default_rng(0)
    images = tf.constant(rng.normal(size=(2, 16, 16, 3)), tf.float32)
    texts = tf.constant(rng.normal(size=(2, 8)) * 10, tf.float32)
    discriminator(images, texts)
    discriminator.set_weights([w * 20 for w in discriminator.get_weights()])
    features = discriminator.features(images)
    straight, crossed = (discriminator.score(features, t) for t in (texts, texts[::-1]))
    interaction = abs(float(tf.reduce_sum(straight) - tf.reduce_sum(crossed)))
    size = float(tf.reduce_max(tf.abs(straight)))
    assert (interaction < 1e-4 * size) == blind


@pytest.mark.parametrize("schedule", [Simultaneous(), Alternating(1), Alternating(3)])
def test_one_step_moves_both_players_and_the_average(schedule):
    model = gan(schedule=schedule)
    parts = (model.network, model.discriminator, model.average)
    before = [weights(part) for part in parts]
    logs = tf.function(model.train_step)(batch(8 * schedule.batches))
    assert all(np.isfinite(float(v)) for v in logs.values())
    for part, old in zip(parts, before, strict=True):
        assert moved(old, weights(part)) > 0
    assert int(model.step.numpy()) == 1
    assert int(model.generator.optimizer.iterations.numpy()) == 1
    assert int(model.critic.optimizer.iterations.numpy()) == schedule.batches


def test_a_player_that_does_not_learn_stays_as_it_is():
    model = gan(generator_learning_rate=0.0)
    before = [v.numpy() for v in model.network.trainable_variables]
    judge = weights(model.discriminator)
    tf.function(model.train_step)(batch())
    after = [v.numpy() for v in model.network.trainable_variables]
    assert moved(before, after) == 0
    assert moved(judge, weights(model.discriminator)) > 0


def test_simultaneous_gradients_equal_those_of_two_separate_tapes():
    model = gan()
    data = batch()
    shared, apart = model.context(data), model.context(data)
    with tf.GradientTape(persistent=True) as tape:
        critic = tf.add_n(list(model.critic_terms(shared).values()))
        generator = tf.add_n(list(model.generator_terms(shared).values()))
    together = model.critic.gradients(tape, critic) + model.generator.gradients(tape, generator)
    with tf.GradientTape() as tape:
        critic = tf.add_n(list(model.critic_terms(apart).values()))
    separate = model.critic.gradients(tape, critic)
    with tf.GradientTape() as tape:
        generator = tf.add_n(list(model.generator_terms(model.context(data)).values()))
    separate += model.generator.gradients(tape, generator)
    for one, other in zip(together, separate, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-6)


def test_a_shared_context_generates_once(monkeypatch):
    model = gan()
    calls = []
    generate = CaptionContext.generate
    monkeypatch.setattr(
        CaptionContext,
        "generate",
        lambda context, *words: calls.append(1) or generate(context, *words),
    )
    model.schedule.play(model, batch())
    assert len(calls) == 1


def test_generator_alone_never_looks_at_real_pictures():
    context = gan().context(batch())
    context.model.generator_terms(context)
    assert "fake_logits" in vars(context)
    assert not {"real_features", "real_logits", "mismatched_logits"} & set(vars(context))


def test_gan_cls_terms_are_the_thesis_formula():
    model = gan()
    context = model.context(batch())
    terms = {k: float(v) for k, v in model.critic_terms(context).items()}

    def answer(logits):
        return 1 / (1 + np.exp(-logits.numpy()))

    assert terms["real"] == pytest.approx(-np.log(answer(context.real_logits)).mean(), rel=1e-5)
    wrong = -0.5 * np.log(1 - answer(context.mismatched_logits)).mean()
    assert terms["mismatched"] == pytest.approx(wrong, rel=1e-5)
    fake = -0.5 * np.log(1 - answer(context.fake_logits)).mean()
    assert terms["fake"] == pytest.approx(fake, rel=1e-5)


@pytest.mark.parametrize(
    "loss", [NonSaturating(), Minimax(), LeastSquares(0.3), Hinge(), Wasserstein()]
)
def test_gan_cls_halves_and_adds_without_a_rounding(loss):
    """The terms and their gradients are those of real + ½ mismatched + ½ fake, bit by bit."""
    rng = np.random.default_rng(0)
    logits = [tf.constant(rng.normal(size=7), tf.float32) for _ in range(3)]
    step = SimpleNamespace(
        real_logits=logits[0], mismatched_logits=logits[1], fake_logits=logits[2]
    )
    model = SimpleNamespace(adversarial_loss=loss)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        found = ConditionalGAN.critic_loss(model, step)
        wanted = {
            "real": loss.real(logits[0]),
            "mismatched": 0.5 * loss.fake(logits[1]),
            "fake": 0.5 * loss.fake(logits[2]),
        }
        sums = [tf.add_n(list(terms.values())) for terms in (found, wanted)]
    assert list(found) == list(wanted)
    assert {k: float(v) for k, v in found.items()} == {k: float(v) for k, v in wanted.items()}
    for one, other in zip(*(tape.gradient(each, logits) for each in sums), strict=True):
        np.testing.assert_array_equal(one, other)


def test_relativistic_gan_cls_pairs_each_picture_with_its_mismatch_and_its_fake():
    model = gan(loss=RelativisticPairing())
    context = model.context(batch())
    terms = {k: float(v) for k, v in model.critic_terms(context).items()}
    real, mismatched, fake = (
        logits.numpy()
        for logits in (context.real_logits, context.mismatched_logits, context.fake_logits)
    )
    assert set(terms) == {"mismatched", "fake"}
    for name, other in (("mismatched", mismatched), ("fake", fake)):
        wanted = 0.5 * np.log1p(np.exp(other - real)).mean()
        assert terms[name] == pytest.approx(wanted, rel=1e-5)
    between = context.interpolated_logits(0.5).numpy()
    found = float(Interpolation(weight=2.0)(context))
    assert found == pytest.approx(2 * np.log1p(np.exp(real - between)).mean(), rel=1e-5)


def test_interpolation_is_the_loss_between_two_captions():
    model = gan()
    same = batch()
    same["mismatched"] = same["caption"]
    context = model.context(same)
    # Between a caption and itself lies the caption: only noise and augmentation differ.
    value = float(Interpolation()(context))
    at_the_caption = float(model.adversarial_loss.generated(context.fake_logits))
    assert value == pytest.approx(at_the_caption, rel=0.2)
    assert float(Interpolation(weight=3.0)(context)) == pytest.approx(3 * value, rel=1e-5)


def test_divergence_is_weighted():
    context = gan().context(batch())
    once, twice = (float(ConditioningDivergence(w)(context)) for w in (1.0, 2.0))
    assert once > 0
    assert twice == pytest.approx(2 * once)


@pytest.mark.parametrize(
    "loss", [Minimax(), LeastSquares(), Hinge(), Wasserstein(), RelativisticPairing()]
)
def test_any_loss_trains(loss):
    logs = tf.function(gan(loss=loss).train_step)(batch())
    assert all(np.isfinite(float(v)) for v in logs.values())


def test_scaled_embeddings_have_mean_zero_and_deviation_one():
    embeddings = np.random.default_rng(0).normal(3, 5, (400, 8)).astype("float32")
    model = tiny().gan.model(8, embeddings)
    scaled = model.scaled(tf.constant(embeddings)).numpy()
    np.testing.assert_allclose(scaled.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(scaled.std(0), 1, atol=1e-3)
    plain = replace(tiny().gan, standardize=False).model(8, embeddings)
    np.testing.assert_array_equal(plain.scaled(tf.constant(embeddings)), embeddings)


def test_noise_is_a_function_of_seed_and_step():
    first, second = gan(), gan()
    second.network.set_weights(first.network.get_weights())
    images = [m.context(batch()).generated[0].numpy() for m in (first, second)]
    np.testing.assert_array_equal(*images)
    second.step.assign(1)
    assert moved(images[:1], [second.context(batch()).generated[0].numpy()]) > 0


def test_a_stage_takes_mismatched_captions_from_any_picture(colour_data):
    split = read_split(colour_data, "train")
    one_class = replace(split, labels=np.zeros_like(split.labels))
    embeddings = np.zeros((len(split.captions), 8), "float32")
    given = CaptionGiven(
        split=one_class, embeddings=embeddings, seed=0, xla="off", draw=None, finish=None
    )
    stage = tiny().gan
    with pytest.raises(InputError, match="another class"):
        stage.dataset(given, 0)
    batch = next(iter(replace(stage, mismatched_by_picture=True).dataset(given, 0)))
    assert batch["mismatched"].shape == (8, 8)


@pytest.mark.parametrize("normalized", [True, False])
def test_a_critic_without_normalisation_judges_each_picture_by_itself(normalized):
    stage = CaptionGanStage(
        generator_channels=(8, 8, 8),
        discriminator_channels=(8, 8),
        joint_dim=4,
        critic_normalized=normalized,
    )
    critic = stage.discriminator(6)
    images = tf.random.stateless_normal((4, 16, 16, 3), (0, 1))
    embedding = tf.random.stateless_normal((4, 6), (0, 2))
    alone = critic(images[:1], embedding[:1], training=True)[0]
    together = critic(images, embedding, training=True)[0]
    assert np.allclose(alone, together, atol=1e-6) == (not normalized)
