from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.catalogue import preset
from keras_t2i.networks.layers.structured_attention import (
    StructuredSelfAttention,
    attention_penalty,
    masked_softmax,
)
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.text_to_image.encoder_stage import best_accuracy
from keras_t2i.text.normalization import normalize
from keras_t2i.text.specs import Attentive, Characters, Recurrent, Transformer, WordPieces, Words
from keras_t2i.text.tokenizer import END, START, UNKNOWN
from keras_t2i.text.transformer import sinusoids
from keras_t2i.text.wordpieces import WordPieceTokenizer
from keras_t2i.text.words import WordTokenizer
from keras_t2i.training.run import Run

CAPTIONS = ["A red bird.", "the RED bird has black-and-white wings!", "une belle épée", "a bird"]


@pytest.fixture(scope="module")
def words():
    return Words(8).learn(CAPTIONS)


def text(tokenizer, row):
    return [tokenizer.vocabulary[i] for i in row]


def test_words_are_framed_and_padded(words):
    rows = words(["A red bird.", "zebra"])
    assert rows.shape == (2, 8)
    assert text(words, rows[0]) == [START, "a", "red", "bird", END, "", "", ""]
    assert text(words, rows[1]) == [START, UNKNOWN, END, "", "", "", "", ""]


def test_case_punctuation_and_hyphens_do_not_matter(words):
    rows = words(["Black-and-white, RED", "black and white red"])
    np.testing.assert_array_equal(rows[0], rows[1])
    assert UNKNOWN not in text(words, rows[0])


def test_unicode_spellings_are_one_word(words):
    composed, decomposed, wide = "\u00e9p\u00e9e", "e\u0301pe\u0301e", "\uff52\uff45\uff44"
    rows = words([composed, decomposed])
    np.testing.assert_array_equal(rows[0], rows[1])
    assert text(words, words([wide])[0])[1] == "red"
    assert normalize(["STRASSE ﬁn"]) == ["strasse fin"]


def test_long_captions_are_cut_but_end(words):
    row = words(["bird " * 10_000])[0]
    assert text(words, row) == [START, *["bird"] * 6, END]


def test_frequent_words_come_first(words):
    assert words.vocabulary[:5] == ("", UNKNOWN, START, END, "bird")


def test_a_limited_vocabulary_has_the_most_frequent_words(capsys):
    """<start> and <end> count, padding and unknown do not: 5 leaves room for 3 words of 10."""
    limited = Words(8, limit=5).learn(CAPTIONS)
    assert limited.vocabulary[:4] == ("", UNKNOWN, START, END)
    assert len(limited.vocabulary) == 2 + 5
    assert set(limited.vocabulary[4:]) == {"bird", "a", "red"}
    told = capsys.readouterr().err
    # Of "a red bird / the red bird has black and white wings / une belle epee / a bird": 9 of 16.
    assert "the 3 most frequent words" in told
    assert "the other 9 words, 56.25% of all that is written, are unknown" in told
    assert text(limited, limited(["a red wing"])[0])[:5] == [START, "a", "red", UNKNOWN, END]
    assert limited.unknown_words("a white bird") == ["white"]


def test_a_limit_above_all_words_changes_nothing(words, capsys):
    assert Words(8, limit=1029).learn(CAPTIONS).vocabulary == words.vocabulary
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_without_room_for_a_word_is_refused(limit):
    with pytest.raises(InputError, match=rf"at least 3: <start>.*Received: limit={limit}"):
        Words(8, limit=limit).learn(CAPTIONS)


def test_the_literal_preset_has_the_vocabulary_of_the_thesis():
    assert preset("self-attention-gan-literal").encoder.tokenizer == Words(limit=1029)
    assert preset("self-attention-gan").encoder.tokenizer == Words()


def test_unknown_words_are_named(words):
    assert words.unknown_words("a purple bird of Prey") == ["purple", "of", "prey"]


def test_pictograms_are_unknown_words_and_punctuation_is_none(words):
    assert words.unknown_words("a bird\U0001f426, \u2764\ufe0f red + \u2026!") == [
        "\U0001f426", "\u2764",
    ]  # fmt: skip


def test_vocabulary_round_trip(words, tmp_path):
    words.save(tmp_path)
    again = Words(8).load(tmp_path)
    assert again.vocabulary == words.vocabulary
    np.testing.assert_array_equal(again(CAPTIONS), words(CAPTIONS))


def test_missing_vocabulary_is_named(tmp_path):
    with pytest.raises(InputError, match=r"vocabulary\.txt"):
        Words(8).load(tmp_path)


def test_word_pieces_spell_unknown_korean_words(tmp_path):
    captions = ["작은 빨간 새", "작은 파란 새", "큰 빨간 새가 있다", "새가 큰 나무에 있다"] * 5
    tokenizer = WordPieces(12, 60).learn(captions)
    rows = tokenizer(["빨간 새", "파란새"])
    assert UNKNOWN not in text(tokenizer, rows[0])
    assert text(tokenizer, rows[0])[0] == START
    # Hangul stays whole syllables: BERT's own lower-casing would tear them into letters.
    assert "새" in "".join(text(tokenizer, rows[0]))
    tokenizer.save(tmp_path)
    np.testing.assert_array_equal(WordPieces(12, 60).load(tmp_path)(captions), tokenizer(captions))


CHINESE = ["一只红色的小鸟", "小鸟的翅膀是红色的。", "白色的鸟在T恤上"]
EVERY_SCRIPT = [*CHINESE, "赤い鳥、テレビの上", "นกสีแดงตัวเล็ก", "ນົກສີແດງ", "បក្សីក្រហម", "ငှက်နီ"]


@pytest.mark.parametrize("spec", [Words(40), WordPieces(60, 400)])
def test_scripts_without_spaces_are_read_letter_by_letter(spec, tmp_path):
    tokenizer = spec.learn(EVERY_SCRIPT)
    rows = tokenizer(["红鸟", "鸟红", "在红鸟上", "小红鸟紫"])
    assert text(tokenizer, rows[0])[:4] == [START, "红", "鸟", END]
    assert text(tokenizer, rows[1])[:4] == [START, "鸟", "红", END]
    assert text(tokenizer, rows[2])[:6] == [START, "在", "红", "鸟", "上", END]
    assert tokenizer.unknown_words("小红鸟紫色的zebra") == ["紫", "zebra"]
    for caption in EVERY_SCRIPT:
        assert tokenizer.unknown_words(caption) == []
    assert "สี" in text(tokenizer, tokenizer(["สี"])[0]) or spec == WordPieces(60, 400)
    tokenizer.save(tmp_path)
    again = spec.load(tmp_path)
    np.testing.assert_array_equal(again(EVERY_SCRIPT), tokenizer(EVERY_SCRIPT))


def test_letters_without_a_known_one_stop_before_any_training(colour_data, tmp_path, capsys):
    """An alphabet of Latin letters says nothing of Chinese captions; long captions are told of."""
    experiment = preset("self-attention-gan-demo")
    run = Run(tmp_path)
    task = experiment.task(run, colour_data)
    task.splits["train"] = replace(task.split, captions=["红鸟"] * len(task.split.captions))
    characters = replace(experiment.encoder, tokenizer=Characters(9))
    task.experiment = replace(experiment, encoder=characters)
    with pytest.raises(InputError, match="None of the captions has a word"):
        task.learned_tokenizer()
    assert not list(tmp_path.glob("vocabulary*"))
    task.experiment = replace(experiment, encoder=replace(characters, tokenizer=Words(3)))
    task.learned_tokenizer()
    assert "90 of 90 captions have more tokens than are read of each, 1" in capsys.readouterr().err


def test_scripts_with_spaces_are_read_as_before():
    spaced = ["a red bird", "작은 빨간 새", "маленькая птица", "طائر أحمر", "एक लाल पक्षी"]
    tokenizer = Words(8).learn(spaced)
    for caption in spaced:
        assert text(tokenizer, tokenizer([caption])[0])[1:].index(END) == len(caption.split())
        assert tokenizer.words(caption) == caption.split()
    # Beside Chinese captions too.
    both = Words(8).learn([*spaced, *CHINESE])
    assert both.words("a red 红鸟 작은") == ["a", "red", "红", "鸟", "작은"]


def test_a_vocabulary_of_sentences_reads_as_it_was_learned():
    """Earlier versions took a sentence of these scripts for a word."""
    old = WordTokenizer(["", UNKNOWN, START, END, "一只红色的小鸟", "a", "bird", "鸟"], 6)
    rows = old(["一只红色的小鸟 a", "鸟 红色的小鸟"])
    assert rows.tolist() == [[2, 4, 5, 3, 0, 0], [2, 7, 1, 3, 0, 0]]
    pieces = ["", UNKNOWN, START, END, "赤", "い", "ス", "##い", "##ー", "##プ", "a"]
    assert WordPieceTokenizer(pieces, 8)(["スープ a"]).tolist() == [[2, 6, 8, 9, 10, 3, 0, 0]]


@pytest.mark.parametrize("model", ["drawn-birds", "cub10-birds"])
def test_pretrained_models_read_captions_of_any_script_as_before(model):
    tokenizer = Words(12).load(Path(keras_t2i.__file__).parent / "pretrained" / model)
    caption = "A red 红鸟 bird, นกสีแดง; черная"
    assert tokenizer.words(normalize([caption])[0]) == [
        "a", "red", "红鸟", "bird", "นกสีแดง", "черная",
    ]  # fmt: skip
    at = tokenizer.vocabulary.index
    assert tokenizer([caption])[0].tolist() == [
        2, at("a"), at("red"), 1, at("bird"), 1, 1, 3, 0, 0, 0, 0,
    ]  # fmt: skip


def test_words_that_no_pieces_spell_are_named():
    tokenizer = WordPieces(12, 60).learn(["작은 빨간 새", "a red bird"] * 5)
    assert tokenizer.unknown_words("작은 red, Ωmega 9 bird") == ["ωmega", "9"]


def test_word_path_uses_core_operations_only(words):
    chinese = Words(8).learn(CHINESE)
    kinds = set()
    for function in (words.tokenize, chinese.tokenize, chinese.unknown, chinese.known):
        traced = tf.function(function).get_concrete_function(tf.TensorSpec([None], tf.string))
        kinds |= {op.type for op in traced.graph.get_operations()}
    assert not {k for k in kinds if "Wordpiece" in k or "Normalize" in k or "PyFunc" in k}


@pytest.mark.parametrize(
    "spec",
    [
        Attentive(word_dim=8, units=6, heads=3, attention_units=5),
        Recurrent(word_dim=8, units=6),
        Transformer(width=12, heads=3, layers=2, feed_forward=16, dropout=0.1),
    ],
)
def test_encoders_share_one_interface_and_learn(spec, words):
    keras.utils.set_random_seed(0)
    encoder = spec.build(
        vocabulary_size=len(words.vocabulary), length=8, classes=4, embedding_dim=10
    )
    encoder.prepare(keras.optimizers.Adam(1e-2))
    tokens = words(CAPTIONS)
    encoded = {k: np.asarray(v) for k, v in encoder.encode(tokens).items()}
    assert encoded["embedding"].shape == (4, 10)
    assert encoded["attention"].shape[0] == 4
    assert encoded["attention"].shape[2] == 8
    np.testing.assert_allclose(encoded["attention"].sum(-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(encoded["mask"], tokens != 0)
    padding = ~encoded["mask"][:, None].repeat(encoded["attention"].shape[1], 1)
    assert (encoded["attention"][padding] == 0).all()
    step = tf.function(encoder.train_step)
    for _ in range(60):
        logs = step({"tokens": tf.constant(tokens), "label": tf.range(4, dtype=tf.int64)})
    assert set(logs) == {"cross_entropy", "penalty", "accuracy", "gradient_norm"}
    assert np.argmax(encoder(tokens), -1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("spec", [Attentive(8, 6, 2, 5), Recurrent(8, 6), Transformer(8, 2, 1, 8)])
def test_padding_changes_nothing(spec, words):
    common = {"vocabulary_size": len(words.vocabulary), "classes": 2, "embedding_dim": 4}
    encoder = spec.build(length=8, **common)
    longer = spec.build(length=11, **common)
    tokens = words(["a red bird", "a bird"])
    encoder(tokens)
    longer(np.pad(tokens, ((0, 0), (0, 3))))
    longer.set_weights(encoder.get_weights())
    np.testing.assert_allclose(
        encoder.encode(tokens)["embedding"],
        longer.encode(np.pad(tokens, ((0, 0), (0, 3))))["embedding"],
        atol=1e-5,
    )


def test_structured_attention_against_numpy():
    rng = np.random.default_rng(0)
    states, mask = rng.normal(size=(2, 5, 6)).astype("float32"), np.ones((2, 5), bool)
    mask[1, 3:] = False
    layer = StructuredSelfAttention(heads=2, units=4)
    matrix, attention = layer(states, mask)
    first, second = (np.asarray(w) for w in layer.get_weights())
    scores = np.tanh(states @ first) @ second
    weights = np.exp(scores) * mask[..., None]
    weights = (weights / weights.sum(1, keepdims=True)).transpose(0, 2, 1)
    np.testing.assert_allclose(attention, weights, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(matrix, weights @ states, rtol=1e-4, atol=1e-5)


def test_penalty_of_known_matrices():
    same = np.zeros((1, 2, 4), "float32")
    same[:, :, 0] = 1  # both heads on the first word: A Aᵀ = ones
    apart = np.eye(2, 4, dtype="float32")[None]
    assert float(attention_penalty(same)) == pytest.approx(2.0)
    assert float(attention_penalty(apart)) == pytest.approx(0.0)


def test_masked_softmax_of_a_fully_masked_row_is_zero():
    weights = masked_softmax(np.zeros((1, 3), "float32"), np.zeros((1, 3), bool))
    np.testing.assert_array_equal(weights, np.zeros((1, 3)))


def test_sinusoids_against_the_formula():
    table = sinusoids(4, 6)
    for position in range(4):
        for i in range(3):
            angle = position / 10000 ** (2 * i / 6)
            assert table[position, 2 * i] == pytest.approx(np.sin(angle), abs=1e-6)
            assert table[position, 2 * i + 1] == pytest.approx(np.cos(angle), abs=1e-6)


def test_a_shared_caption_bounds_the_accuracy() -> None:
    tokens = np.array([[1, 2], [1, 2], [1, 2], [3, 0]])
    assert best_accuracy(tokens, np.array([0, 0, 1, 1])) == 0.75
    assert best_accuracy(tokens, np.array([0, 0, 0, 1])) == 1.0
