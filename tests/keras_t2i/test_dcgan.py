"""GANs of pictures alone: DCGAN, WGAN, WGAN-GP, from their presets to served models."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.augmentation import Cutout
from keras_t2i.adversarial.latents import Coded, row_noise
from keras_t2i.catalogue import preset
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.plain import plain_pictures
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.info_gan.gan_stage import InfoGanStage
from keras_t2i.tasks.info_gan.information import expected_by_chance, uncertainty_explained
from keras_t2i.training.run import Run


def tiny(name):
    experiment = preset(name)
    codes = isinstance(experiment.gan, InfoGanStage)
    noise = {"latent": Coded(noise=4, categories=3, continuous=2)} if codes else {"noise_dim": 5}
    gan = replace(
        experiment.gan, epochs=2, batch_size=4, width=8, max_width=16, **noise,
        precision="float32", sample_every=1, checkpoint_minutes=0.0,
    )  # fmt: skip
    return replace(experiment, gan=gan, deterministic=True)


@pytest.fixture(scope="module")
def run(colour_data, tmp_path_factory):
    made = Run(tmp_path_factory.mktemp("runs") / "wgan-gp")
    fit(tiny("wgan-gp"), colour_data, made)
    return made


@pytest.mark.parametrize("name", ["dcgan", "wgan-gp"])
def test_the_critics_terms(name, colours):
    experiment = tiny(name)
    model = experiment.gan.model(16)
    rows = experiment.gan.batch_size * experiment.gan.schedule.batches
    names = model.term_names(next(iter(plain_pictures(colours, rows))))
    terms = {f"critic/{term.name}" for term in model.critic_extras}
    assert {n for n in names if n.startswith("critic/")} == {"critic/real", "critic/fake"} | terms


def test_a_critic_with_penalty_has_no_batch_normalization():
    critic = tiny("wgan-gp").gan.model(16).discriminator
    assert not [v for v in critic.variables if not v.trainable]  # no moving statistics
    assert [v for v in tiny("dcgan").gan.model(16).discriminator.variables if not v.trainable]


def test_pictures_alone_are_a_function_of_seed_and_step(colour_data):
    split = read_split(colour_data, "train")
    whole = [b["image"].numpy() for b in plain_pictures(split, 6, seed=1).take(8)]
    later = next(iter(plain_pictures(split, 6, seed=1, start_step=5)))["image"].numpy()
    np.testing.assert_array_equal(later, whole[5])
    halves = [
        next(iter(plain_pictures(split, 6, seed=1, num_shards=2, shard_index=i)))["image"].numpy()
        for i in range(2)
    ]
    np.testing.assert_array_equal(np.concatenate(halves), whole[0])
    assert whole[0].shape == (6, 16, 16, 3)
    assert np.abs(whole[0]).max() <= 1.0


def asked(run, **options):
    return draw(GenerateOptions(run.path, **options))


def test_what_generate_draws(run, tmp_path):
    assert len(asked(run, count=3, out=tmp_path / "some")) == 3
    (grid,) = asked(run, count=16, grid=True, out=tmp_path / "grid.png")
    assert Image.open(grid).size == (8 * 18 - 2, 2 * 18 - 2)
    (strip,) = asked(run, interpolate=("3", "4, 5"), out=tmp_path / "strip.png")
    assert Image.open(strip).size == (8 * 18 - 2, 16)
    formula = ("1,2,3", "-", "4,5,6", "+", "7,8,9")
    (total,) = asked(run, arithmetic=formula, out=tmp_path / "sum.png")
    assert Image.open(total).size[1] > 4 * 16
    with pytest.raises(InputError, match="takes seeds"):
        asked(run, interpolate=("a red bird", "3"), out=tmp_path / "no.png")
    for text in ("1, 9223372036854775808", "-9223372036854775809"):
        with pytest.raises(InputError, match=r"A seed must lie in \[-2\^63, 2\^63\)"):
            asked(run, arithmetic=(text, "+", "4"), out=tmp_path / "no.png")
    with pytest.raises(InputError, match="draws from noise alone"):
        asked(run, captions=("a red bird",), out=tmp_path / "no.png")


def test_scores_and_the_served_model(run, tmp_path):
    out = evaluate(
        Arguments(
            run.path, extractor="random", count=12, out=tmp_path / "out", cache=tmp_path / "c"
        )
    )
    assert {"frechet", "precision"} <= {line["name"] for line in results_log.read(out)}
    served = tf.saved_model.load(str(export(run, tmp_path / "model"))).signatures
    seeds = tf.constant([4, 5], tf.int64)
    drawn = served["generate"](seed=seeds, truncation=tf.ones(2))["image_bytes"]
    sampler = run.experiment.task(run, run.data).sampler
    for png, picture in zip(drawn.numpy(), sampler.sample([4, 5]), strict=True):
        found = tf.io.decode_png(png).numpy().astype(int)
        assert np.abs(found - picture).max() <= 1


def test_codes_stand_where_they_should():
    latent = Coded(noise=4, categories=3, continuous=2)
    rows = row_noise(latent, tf.range(300, dtype=tf.int64), latent.width).numpy()
    category, value = (part.numpy() for part in latent.codes(tf.constant(rows)))
    assert rows.shape == (300, 9)
    np.testing.assert_array_equal(category.sum(1), 1.0)
    assert set(category.argmax(1)) == {0, 1, 2}
    assert -1 <= value.min() < -0.9 < 0.9 < value.max() <= 1
    again = row_noise(latent, tf.constant([7], tf.int64), latent.width)
    np.testing.assert_array_equal(again[0], rows[7])
    half = latent.truncated(tf.constant(rows), 0.5)
    np.testing.assert_array_equal(latent.codes(half)[0], category)  # a category has no half
    np.testing.assert_allclose(latent.codes(half)[1], 0.5 * value)
    np.testing.assert_allclose(half[:, :4], 0.5 * rows[:, :4])


def test_information_is_what_both_players_share(colours):
    model = tiny("info-gan").gan.model(16)
    batch = next(iter(plain_pictures(colours, 4)))
    context = model.context(batch)
    (term,) = model.generator_extras
    category, value = model.latent.codes(context.noise)
    logits, means = context.codes_read
    probability = tf.nn.softmax(logits).numpy()[np.arange(4), category.numpy().argmax(1)]
    off = 0.5 * ((value - means).numpy() ** 2).sum(1)
    np.testing.assert_allclose(term(context), (off - np.log(probability)).mean(), rtol=1e-5)
    for player in (model.generator, model.critic):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            player.watch(tape)
            loss = term(model.context(batch))
        assert any(g is not None for g in player.gradients(tape, loss))


def test_an_info_gan_sees_augmented_fakes_as_well(colours):
    gan = replace(tiny("info-gan").gan, augmentations=(Cutout(1.0),)).model(16)
    context = gan.context(next(iter(plain_pictures(colours, 4))))
    plain, _ = gan.discriminator(context.fakes, training=True)
    seen, _ = gan.discriminator(context.shown_fakes, training=True)
    np.testing.assert_allclose(context.fake_logits, seen, rtol=1e-4)
    assert np.abs(context.fake_logits - plain).max() > 1e-4


def test_an_info_gan_says_what_its_codes_tell(colour_data, tmp_path):
    run = Run(tmp_path / "run")
    fit(tiny("info-gan"), colour_data, run)
    told = run.summary("gan")["category_explains"]
    assert set(told) == {"colour"}
    assert 0 <= float(told["colour"].split()[0]) <= 1
    with Image.open(run.path / run.summary("gan")["samples"]) as sheet:
        assert sheet.size[1] > 7 * 16  # three categories, two values twice


def test_shares_of_uncertainty():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 2000)
    assert uncertainty_explained(labels, labels) == pytest.approx(1.0)
    assert uncertainty_explained(labels // 2, labels) == pytest.approx(0.5, abs=0.01)
    assert uncertainty_explained(rng.integers(0, 4, 2000), labels) < 0.01
    assert uncertainty_explained(labels, np.zeros(2000, int)) == 0.0
    assert 0.0 < expected_by_chance(labels[:50], labels[:50]) < 0.15
