"""A GAN that looks at words: its layer, its networks, what it reads, and what it exports."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.adversarial.augmentation import Translation
from keras_t2i.adversarial.penalties import R1, R2
from keras_t2i.adversarial.thinned import Thinned
from keras_t2i.catalogue import preset
from keras_t2i.networks.layers.condition_specs import AugmentedCondition
from keras_t2i.networks.layers.word_attention import WordAttention, weighted_softmax
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.checks import check_experiment
from keras_t2i.tasks.text_to_image.df_gan import UpBlock
from keras_t2i.tasks.text_to_image.readings import SentenceReading, WordReading
from keras_t2i.tasks.text_to_image.sampler import Sampler
from keras_t2i.tasks.text_to_image.signatures import archive
from keras_t2i.tasks.text_to_image.terms import Interpolation
from keras_t2i.tasks.text_to_image.word_generator import ModulatedUp, WordGenerator
from keras_t2i.tasks.text_to_image.word_maps import word_maps
from keras_t2i.text.specs import Attentive, CharacterRecurrent, Recurrent, Transformer
from keras_t2i.training.run import Run
from tests.games import pictures, vectors
from tests.runs import assert_same_state, child
from tests.small import SIDE, small

N, S, C, WORDS, W, D = 3, 4, 5, 6, 7, 8


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def weights_of(*counts):
    """Rows of `WORDS` weights, of which the first so many are 1."""
    return np.stack([np.arange(WORDS) < count for count in counts]).astype("float32")


@pytest.fixture
def attention():
    layer = WordAttention(C, D)
    layer(normal(N, S, S, C), normal(N, WORDS, W), weights_of(1, 1, 1))
    layer._leave.kernel.assign(normal(D, C, seed=9))
    return layer


def test_the_layer_is_its_formula(attention):
    x, words, weights = normal(N, S, S, C), normal(N, WORDS, W, seed=1), weights_of(2, 6, 4)
    weights[1, 3] = 0.25
    query, key, value, leave = (
        part.kernel.numpy()
        for part in (attention._query, attention._key, attention._value, attention._leave)
    )
    found, shares = attention(x, words, weights)
    scores = np.einsum("npd,nwd->npw", x.reshape(N, S * S, C) @ query, words @ key) / np.sqrt(D)
    expected = weights[:, None] * np.exp(scores)
    expected /= expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(shares, expected, rtol=1e-4, atol=1e-6)
    heard = (expected @ (words @ value) @ leave).reshape(N, S, S, C)
    np.testing.assert_allclose(found, x + heard, rtol=1e-4, atol=1e-5)


def test_the_map_passes_as_it_is_at_first():
    x = normal(N, S, S, C)
    found, _ = WordAttention(C, D)(x, normal(N, WORDS, W), weights_of(1, 2, 3))
    np.testing.assert_array_equal(found, x)


def test_padding_has_no_influence(attention):
    x, words, weights = normal(N, S, S, C), normal(N, WORDS, W, seed=1), weights_of(2, 5, 4)
    found, shares = (np.asarray(each) for each in attention(x, words, weights))
    assert not shares[np.broadcast_to(weights[:, None] == 0, shares.shape)].any()
    np.testing.assert_allclose(shares.sum(-1), 1.0, rtol=1e-5)
    other = np.where(weights[..., None] > 0, words, 1e4)
    np.testing.assert_array_equal(attention(x, other, weights)[0], found)
    longer = np.pad(words, ((0, 0), (0, 3), (0, 0)), constant_values=5.0)
    more = np.pad(weights, ((0, 0), (0, 3)))
    np.testing.assert_allclose(attention(x, longer, more)[0], found, rtol=1e-5, atol=1e-6)
    with tf.GradientTape() as tape:
        given = tf.constant(words)
        tape.watch(given)
        total = tf.reduce_sum(tf.square(attention(x, given, weights)[0]))
    slopes = np.abs(tape.gradient(total, given).numpy()).max(-1)
    np.testing.assert_array_equal(slopes > 0, weights > 0)


def test_a_softmax_of_weights_is_that_of_repeated_words():
    scores = normal(4, 3)
    found = weighted_softmax(scores, np.array([[0.5, 0.25, 0.25]], "float32"))
    twice = np.exp(scores[:, [0, 0, 1, 2]])
    twice /= twice.sum(-1, keepdims=True)
    expected = np.stack([twice[:, 0] + twice[:, 1], twice[:, 2], twice[:, 3]], 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_modulated_block_is_df_gans_without_its_second_modulations():
    """With BatchNorm as it is untrained, at rest, and the kernels of one in the other."""
    ours, theirs = ModulatedUp(4, 6), UpBlock(4, 6)
    x, condition = normal(2, 5, 5, 4), normal(2, 3, seed=1)
    ours(x, condition)
    theirs(x, condition)
    for part in (*ours._affine, *(each for fuse in theirs._fusions for each in fuse._affine)):
        for last in (part._scale, part._shift):
            last.kernel.assign(normal(*last.kernel.shape, seed=2))
    for number, fuse in enumerate(theirs._fusions):
        fuse._affine[0].set_weights(ours._affine[number].get_weights())
        fuse._affine[1:] = []
    enlarge, convolve = theirs._convolutions
    # A transposed convolution holds its kernel mirrored, with the channels exchanged.
    kernel = ours._enlarge.kernel.numpy()[::-1, ::-1].transpose(0, 1, 3, 2)
    enlarge.set_weights([kernel, np.zeros(6)])
    convolve.set_weights(ours._convolve.get_weights())
    theirs._shortcut.set_weights(ours._shortcut.get_weights())
    for norm in ours._norms:
        norm.epsilon = 0.0
    np.testing.assert_allclose(ours(x, condition), theirs(x, condition), rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def generator():
    network = WordGenerator((8, 8, 6), 1, (8, 16), D, latent_dim=6, embedding_dim=5)
    network(normal(1, 6), normal(1, 5), normal(1, WORDS, W), weights_of(1))
    for attend in network._attentions:
        attend._leave.kernel.assign(normal(*attend._leave.kernel.shape, seed=3))
    return network


def test_the_generator_draws_and_tells_where_it_looks(generator):
    noise, embedding, words = normal(2, 6), normal(2, 5), normal(2, WORDS, W)
    weights = weights_of(3, 6)
    images, divergence = generator(noise, embedding, words, weights)
    assert images.shape == (2, 16, 16, 3)
    assert not np.any(divergence)
    again, maps = generator.look(noise, embedding, words, weights)
    np.testing.assert_array_equal(images, again)
    assert [each.shape for each in maps] == [(2, 8, 8, WORDS), (2, 16, 16, WORDS)]
    for each in maps:
        np.testing.assert_allclose(np.asarray(each).sum(-1), 1.0, rtol=1e-5)
        assert not np.asarray(each)[0, ..., 3:].any()
    other = words + normal(2, WORDS, W, seed=5)
    assert np.abs(generator(noise, embedding, other, weights)[0] - images).max() > 1e-3


def test_a_condition_may_be_drawn():
    drawing = AugmentedCondition(3).layer()
    network = WordGenerator((8, 6), 1, (8,), D, 6, 5, drawing)
    assert network.noise_dim == 9
    others = normal(2, 5), normal(2, WORDS, W), weights_of(3, 6)
    z = normal(2, 6)
    network(np.concatenate([z, normal(2, 3)], 1), *others)
    for affine in network._blocks[0]._affine:  # which do nothing yet
        affine._shift.kernel.assign(normal(*affine._shift.kernel.shape, seed=2))
    first, divergence = network(np.concatenate([z, normal(2, 3)], 1), *others)
    second, _ = network(np.concatenate([z, normal(2, 3, seed=1)], 1), *others)
    assert np.all(np.asarray(divergence) > 0)
    assert np.abs(first - second).max() > 1e-4
    stage = replace(small("word-attention-gan").gan, condition=AugmentedCondition(3))
    assert stage.generator(5, "generator").noise_dim == stage.latent_dim + 3


def test_how_large_states_are_does_not_matter(generator):
    noise, embedding, words = normal(2, 6), normal(2, 5), normal(2, WORDS, W)
    small_ones, large_ones = (
        generator(noise, embedding, factor * words, weights_of(3, 6))[0] for factor in (0.1, 10)
    )
    # The normalisation's ε of 1e-6 is seen where states are small.
    np.testing.assert_allclose(small_ones, large_ones, atol=2e-3)
    assert np.std(small_ones) > 0.02


def test_a_sentence_between_two_is_on_the_line():
    first, last = {"embedding": normal(2, 5)}, {"embedding": normal(2, 5, seed=1)}
    found = SentenceReading(5).between(first, last, np.float32([[0.25], [1.0]]))["embedding"]
    expected = 0.75 * first["embedding"][0] + 0.25 * last["embedding"][0]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    np.testing.assert_array_equal(found[1], last["embedding"][1])


def read(seed, *counts):
    rows = len(counts)
    weights = weights_of(*counts)
    words = normal(rows, WORDS, W, seed=seed) * weights[..., None]
    return {"embedding": normal(rows, 5, seed=seed), "words": words, "word_weights": weights}


def drawn(generator, reading, noise):
    columns = (np.asarray(reading[name]) for name in WordReading.names)
    return generator(noise, *columns)[0]


def test_between_two_captions_a_picture_looks_at_the_words_of_both(generator):
    reading, first, last = WordReading(5, W), read(1, 3), read(2, 4)
    noise = normal(1, 6)
    for share, end in ((0.0, first), (1.0, last)):
        found = reading.between(first, last, tf.constant([[share]]))
        assert found["words"].shape == (1, 2 * WORDS, W)
        np.testing.assert_allclose(
            drawn(generator, found, noise), drawn(generator, end, noise), atol=1e-5
        )
    half = reading.between(first, last, tf.constant([[0.5]]))
    same = reading.between(first, first, tf.constant([[0.5]]))
    np.testing.assert_allclose(
        drawn(generator, same, noise), drawn(generator, first, noise), atol=1e-5
    )
    assert np.abs(drawn(generator, half, noise) - drawn(generator, first, noise)).max() > 1e-3


def test_a_sum_looks_at_what_is_added(generator):
    formula = [(1.0, "a"), (-1.0, "b"), (1.0, "c")]
    terms = read(1, 3, 4, 2)
    total = WordReading(5, W).total(formula, terms)
    expected = terms["embedding"][0] - terms["embedding"][1] + terms["embedding"][2]
    np.testing.assert_allclose(total["embedding"], expected[None], rtol=1e-5)
    np.testing.assert_array_equal(
        total["words"][0], np.concatenate([terms["words"][0], terms["words"][2]])
    )
    assert total["word_weights"].sum() == 5
    assert drawn(generator, total, normal(1, 6)).shape == (1, 16, 16, 3)


@pytest.mark.parametrize(
    "spec", [Attentive(8, 4, 2, 8), Recurrent(8, 4), Transformer(8, 2, 1, 8, 0.0)]
)
def test_an_encoder_tells_its_words(spec):
    encoder = spec.build(vocabulary_size=20, length=WORDS, classes=3, embedding_dim=5)
    tokens = np.array([[2, 7, 9, 3, 0, 0], [2, 5, 6, 7, 8, 3]])
    encoded, plain = encoder.encode_words(tf.constant(tokens)), encoder.encode(tf.constant(tokens))
    for name, value in plain.items():
        np.testing.assert_array_equal(encoded[name], value)
    words = np.asarray(encoded["words"])
    assert words.shape == (2, WORDS, spec.state_dim)
    np.testing.assert_array_equal(np.any(words != 0, -1), tokens != 0)
    assert len({row.tobytes() for row in words[1]}) == WORDS
    traced = encoder.word_states(tf.constant(tokens))
    np.testing.assert_allclose(traced, words, rtol=1e-4, atol=1e-6)


def game(**changes):
    """A small `WordGAN` and a batch of noise for it."""
    stage = small("word-attention-gan-narrow").gan
    model = stage.model(8, word_shape=(WORDS, W))
    words = (normal(4, WORDS, W) * weights_of(2, 3, 4, 6)[..., None]).astype("float16")
    return model, {
        "image": pictures(4, SIDE), "caption": vectors(4, 8, 1), "mismatched": vectors(4, 8, 2),
        "words": tf.constant(words), **changes,
    }  # fmt: skip


def test_a_step_sees_the_words_of_the_captions():
    model, batch = game()
    np.testing.assert_array_equal(model.context(batch).word_weights, weights_of(2, 3, 4, 6))
    for attend in model.network._attentions:
        attend._leave.kernel.assign(normal(*attend._leave.kernel.shape, seed=3))
    fakes = model.context(batch).fakes
    for factor, moved in ((-1.0, True), (2.0, False)):
        other = {**batch, "words": batch["words"] * tf.constant(factor, tf.float16)}
        assert (np.abs(fakes - model.context(other).fakes).max() > 1e-3) == moved


def test_a_thinned_penalty_is_that_of_the_first_rows():
    model, batch = game()
    model.augmentations = ()
    whole = model.context(batch)
    seen = whole.fakes, whole.real_logits, whole.fake_logits
    few = {name: value[:2] for name, value in batch.items()}
    for kind, images in ((R1, batch["image"]), (R2, seen[0])):
        found = float(Thinned(kind(3.0), 2)(whole))
        alone = model.context(few)
        vars(alone).update(fakes=images[:2], shown_fakes=images[:2])
        assert found == pytest.approx(float(kind(3.0)(alone)), rel=1e-4)
        assert found > 0
    assert {"slope/real", "slope/fake"} <= set(whole.logged)
    assert float(Thinned(R1(3.0), 1)(whole)) == pytest.approx(float(R1(3.0)(whole)), rel=1e-5)
    assert whole.real_logits.shape == (4,)
    assert (Thinned(R1()).name, Thinned(R1()).needs) == (R1.name, R1.needs)


def test_a_map_lights_the_place_that_looks():
    picture = np.full((1, 16, 16, 3), 200, "uint8")
    looked = np.zeros((1, 4, 4, 2), "float32")
    looked[0, :, :2, 0] = looked[0, :, 2:, 1] = 1.0
    sheet = np.asarray(word_maps([["red", "wings"]], picture, [looked])).astype(int)
    cells = [sheet[20:70, left : left + 96] for left in (0, 100, 200)]
    assert np.abs(cells[0] - 200).max() < 3
    assert (cells[1][:, 10].mean(), cells[2][:, 85].mean()) == pytest.approx((200, 200), abs=6)
    assert (cells[1][:, 85].mean(), cells[2][:, 10].mean()) == pytest.approx((40, 40), abs=6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attention_sides": (12,)}, r"attention-sides must be among .* \[8, 16, 32, 64\]"),
        ({"modulated": 5}, "modulated must be at most the number of doublings, 4. Received: 5"),
        ({"generator_terms": (Interpolation(),)}, "it needs places between captions"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    experiment = preset("word-attention-gan-narrow")
    with pytest.raises(InputError, match=message):
        check_experiment(replace(experiment, gan=replace(experiment.gan, **changes)))


def test_an_encoder_without_words_is_refused():
    experiment = preset("word-attention-gan-narrow")
    encoder = replace(experiment.encoder, encoder=CharacterRecurrent())
    with pytest.raises(
        InputError, match=r"a state of each word, such as Attentive\. Received: Char"
    ):
        check_experiment(replace(experiment, encoder=encoder))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The signatures of an untrained model, and its sampler."""
    experiment = small("word-attention-gan-narrow")
    captions = ["this is red", "this is blue with a white belly"]
    stage = experiment.encoder
    tokenizer = stage.tokenizer.learn(captions)
    encoder = stage.model(len(tokenizer.vocabulary), 3)
    shape = stage.tokenizer.length, stage.encoder.state_dim
    gan = experiment.gan.model(stage.embedding_dim, word_shape=shape)
    for network in (gan.network, gan.average):
        for attend in network._attentions:
            attend._leave.kernel.assign(normal(*attend._leave.kernel.shape, seed=3))
    sampler = Sampler(tokenizer, encoder, gan)
    path = tmp_path_factory.mktemp("exported")
    archive(sampler).write_out(path, verbose=False)
    model = tf.saved_model.load(path)
    return model.signatures, sampler


def levels(pngs):
    return np.stack([tf.io.decode_png(png).numpy().astype(int) for png in pngs.numpy()])


def test_exported_signatures_read_words(exported):
    signatures, sampler = exported
    captions = ["this is red", "this is blue with a white belly"]
    seeds = tf.constant([3, 4], tf.int64)
    drawn = signatures["generate"](
        caption=tf.constant(captions), seed=seeds, truncation=tf.ones(2)
    )["image_bytes"]
    wanted = sampler.sample(sampler.encode(captions), [3, 4]).astype(int)
    assert np.abs(levels(drawn) - wanted).max() <= 1
    read = signatures["encode_words"](caption=tf.constant(captions))
    assert set(read) == {"embedding", "words", "word_weights"}
    assert read["word_weights"].numpy().sum(1).tolist() == [5, 6]
    noise = signatures["sample_noise"](seed=seeds)["noise"]
    again = signatures["synthesize"](noise=noise, **read)["image_bytes"]
    np.testing.assert_array_equal(levels(again), levels(drawn))


def test_the_mask_works_in_the_exported_graph(exported):
    signatures, _ = exported
    noise = signatures["sample_noise"](seed=tf.constant([3], tf.int64))["noise"]
    read = signatures["encode_words"](caption=tf.constant(["red"]))
    words, there = read["words"].numpy(), read["word_weights"].numpy() > 0
    assert there.sum() == 3
    assert not words[~there].any()

    def draw(words, weights):
        given = {"embedding": read["embedding"], "words": words, "word_weights": weights}
        given = {name: tf.constant(value) for name, value in given.items()}
        return levels(signatures["synthesize"](noise=noise, **given)["image_bytes"])

    plain, weights = draw(words, read["word_weights"].numpy()), read["word_weights"].numpy()
    noisy = np.where(there[..., None], words, normal(*words.shape))
    np.testing.assert_array_equal(draw(noisy, weights), plain)
    np.testing.assert_array_equal(draw(words[:, :3], weights[:, :3]), plain)
    assert np.abs(draw(noisy, np.ones_like(weights)) - plain).max() > 2


def test_exported_interpolation_ends_at_its_captions(exported):
    signatures, _ = exported
    ends = tf.constant(["this is red"]), tf.constant(["this is blue with a white belly"])
    seed = tf.constant([3], tf.int64)
    between = {
        share: levels(signatures["interpolate"](
            caption_from=ends[0], caption_to=ends[1], alpha=tf.constant([share]), seed=seed
        )["image_bytes"])
        for share in (0.0, 0.5, 1.0)
    }  # fmt: skip
    for share, caption in ((0.0, ends[0]), (1.0, ends[1])):
        drawn = signatures["generate"](caption=caption, seed=seed, truncation=tf.ones(1))
        assert np.abs(levels(drawn["image_bytes"]) - between[share]).max() <= 1
    assert np.abs(between[0.5] - between[0.0]).max() > 2


@pytest.mark.slow
def test_a_run_that_goes_on_ends_as_one_that_was_not_stopped(colour_data, tmp_path):
    whole = replace(small("word-attention-gan-narrow"), deterministic=True)
    gan = replace(whole.gan, augmentations=(Translation(),))
    whole, part = (replace(whole, gan=replace(gan, pairs=pairs)) for pairs in (16, 8))
    runs = Run(tmp_path / "whole"), Run(tmp_path / "parts")
    for experiment, run in ((whole, runs[0]), (part, runs[1]), (whole, runs[1])):
        process = child(experiment, colour_data, run)
        _, errors = process.communicate(timeout=900)
        assert process.returncode == 0, errors[-2000:]
    assert (runs[1].stage("encoder") / "words.npy").exists()
    assert_same_state(*runs)


def test_a_generator_that_looks_at_no_word_is_trained_without_their_sheet(colour_data, tmp_path):
    experiment = small("word-attention-gan-narrow")
    experiment = replace(experiment, gan=replace(experiment.gan, attention_sides=()))
    task = keras_t2i.fit(experiment, data=colour_data, run=tmp_path / "run")
    assert task.run.summary("gan")["rows"] == 8
    assert not list((tmp_path / "run").rglob("words*.png"))
    with pytest.raises(InputError, match=r"run: its generator has no attention_sides\."):
        task.attention("a red picture")
