"""Sentence encoders that others made: read from files, behind a GAN, and what is refused."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.text_to_image.frozen_encoder_stage import FrozenEncoderStage
from keras_t2i.text.frozen.files import open_model, sum_of
from keras_t2i.text.frozen.frozen_encoder import principal_axes
from keras_t2i.text.frozen.kept import keep, kept_encoder
from keras_t2i.training.run import Run
from tests.small import SENTENCES, small

WORDS = ("red", "green", "blue", "picture", "this", "is", "all", "of", "it", "here", "crimson")
VECTORS = np.random.default_rng(0).normal(size=(len(WORDS) + 2, 12)).astype("float32")
VECTORS[WORDS.index("crimson") + 2] = VECTORS[WORDS.index("red") + 2] + 0.01
CAPTIONS = ["this is red", "a blue picture", "green"]


def means(captions):
    """The mean vector of the words of each caption: what all encoders here give."""
    number = {word: i + 2 for i, word in enumerate(WORDS)}
    return np.stack([VECTORS[[number.get(w, 1) for w in c.split()]].mean(0) for c in captions])


def write_saved_model(path):
    module = tf.Module()
    keys, values = tf.constant(WORDS), tf.range(len(WORDS), dtype=tf.int64) + 2
    module.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), 1)
    module.vectors = tf.Variable(VECTORS)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def encode(texts):
        numbers = module.table[tf.strings.split(texts)]
        return {"embedding": tf.reduce_mean(tf.gather(module.vectors, numbers), 1)}

    tf.saved_model.save(module, str(path), signatures={"serving_default": encode})


def write_tokenizer(path):
    tokenizers = pytest.importorskip("tokenizers", reason="the extra `sentence` is not installed")
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {word: i + 2 for i, word in enumerate(WORDS)}
    model = tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(path))


def write_onnx(path, inputs=("input_ids", "attention_mask")):
    """States of tokens; the mean over the caption is the reader's part."""
    onnx = pytest.importorskip("onnx", reason="onnx writes the model of this test")
    pytest.importorskip("onnxruntime", reason="the extra `sentence` is not installed")
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [helper.make_node("Gather", ["vectors", inputs[0]], ["last_hidden_state"])]
    shape = ["N", "n"]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info(name, kinds.INT64, shape) for name in inputs],
        [helper.make_tensor_value_info("last_hidden_state", kinds.FLOAT, [*shape, 12])],
        [onnx.numpy_helper.from_array(VECTORS, "vectors")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    write_tokenizer(path.parent / "tokenizer.json")


def write_keras(path):
    captions = keras.Input((), dtype="string")
    numbers = keras.layers.TextVectorization(vocabulary=list(WORDS))(captions)
    layer = keras.layers.Embedding(len(WORDS) + 2, 12, mask_zero=True)
    states = layer(numbers)
    layer.set_weights([VECTORS])
    keras.Model(captions, keras.layers.GlobalAveragePooling1D()(states)).save(path)


def write_keras_of_tokens(path):
    ids, mask = (
        keras.Input((None,), dtype="int32", name=n) for n in ("input_ids", "attention_mask")
    )
    layer = keras.layers.Embedding(len(WORDS) + 2, 12)
    states = layer(ids) + 0.0 * keras.ops.cast(mask, "float32")[..., None]
    layer.set_weights([VECTORS])
    keras.Model({"input_ids": ids, "attention_mask": mask}, states).save(path)
    write_tokenizer(path.parent / "tokenizer.json")


WRITERS = {
    "model.keras": write_keras,
    "saved": write_saved_model,
    "model.onnx": write_onnx,
    "tokens.keras": write_keras_of_tokens,
}


@pytest.fixture(params=WRITERS)
def encoder(request, tmp_path):
    path = tmp_path / "given" / request.param
    path.parent.mkdir()
    WRITERS[request.param](path)
    return path


def behind(path, **stage):
    """A tiny experiment behind an encoder."""
    experiment = small("frozen-encoder-gan")
    encoder = replace(experiment.encoder, path=str(path), **stage)
    return replace(experiment, encoder=encoder, deterministic=True)


def test_every_kind_of_file_gives_the_same_features(encoder):
    model = open_model(encoder, "--encoder.path")
    assert model.width == 12
    read = tf.function(model)
    for captions in (CAPTIONS, CAPTIONS[:1]):
        known = [c.replace("a ", "") for c in captions]
        np.testing.assert_allclose(read(tf.constant(known)), means(known), atol=1e-5)
    assert model.in_graph == (encoder.name in ("model.keras", "saved"))


def test_a_whole_run_behind_an_encoder(encoder, colour_data, tmp_path, capsys):
    run = Run(tmp_path / "run")
    task = fit(behind(encoder), colour_data, run)
    summary = run.summary("encoder")
    assert summary["steps"] == 0
    assert 0.5 < summary["kept_variance"] <= 1
    shutil.rmtree(encoder.parent)  # the run keeps what it needs

    captions = ["this is red", "this is crimson", "this is blue"]
    embedded = task.encode(captions)
    assert embedded.shape == (3, 8)
    axes = principal_axes(means(task.split.captions), 8)
    wanted = (means(captions) - axes[0]) @ axes[1]
    signs = np.sign((embedded * wanted).sum(0))
    np.testing.assert_allclose(embedded, wanted * signs, atol=2e-2)
    red, crimson, blue = embedded
    assert np.linalg.norm(red - crimson) < 0.2 * np.linalg.norm(red - blue)

    again = keras_t2i.load(run.path)
    pictures = again.generate("this is crimson", seed=1)
    assert pictures.shape == (1, 16, 16, 3)
    assert not list((run.path / "samples").glob("*attention*"))
    assert "attention" not in again.options
    with pytest.raises(InputError, match="its encoder shows no attention to words"):
        again.attention("this is red")
    capsys.readouterr()
    version = again.export(tmp_path / "models")
    told = capsys.readouterr().err
    if encoder.name in ("model.keras", "saved"):
        exported = keras_t2i.load(tmp_path / "models")
        near = exported.generate("this is crimson", seed=1).astype(int) - pictures
        assert np.abs(near).mean() <= 1
        assert "takes embeddings and no captions" not in told
    else:
        assert "takes embeddings and no captions" in told
        signatures = tf.saved_model.load(str(version)).signatures
        assert set(signatures) == {"serving_default", "synthesize", "sample_noise"}
        noise = signatures["sample_noise"](seed=tf.constant([1], tf.int64))["noise"]
        given = tf.constant(again.encode(["this is crimson"]))
        png = signatures["synthesize"](noise=noise, embedding=given)["image_bytes"][0]
        drawn = tf.io.decode_png(png).numpy().astype(int)
        assert np.abs(drawn - pictures[0]).max() <= 1

    saved = again.save_pretrained(tmp_path / "small")
    shutil.rmtree(run.path)
    from_small = keras_t2i.load(saved).encode(captions)
    np.testing.assert_allclose(from_small, embedded, atol=2e-2)


def test_a_run_goes_on_and_notices_another_encoder(colour_data, tmp_path):
    path = tmp_path / "mine.keras"
    shutil.copyfile(SENTENCES, path)
    experiment, run = behind(path), Run(tmp_path / "run")
    fit(experiment, colour_data, run)
    kept = run.path / "encoder" / "embeddings.npy"
    first = np.load(kept)
    (run.path / "gan" / "summary.json").unlink()
    (run.path / "encoder" / "summary.json").unlink()
    kept.unlink()
    fit(experiment, colour_data, run)
    np.testing.assert_array_equal(np.load(kept), first)

    write_keras(path)
    (run.path / "gan" / "summary.json").unlink()
    with pytest.raises(InputError, match=r"mine\.keras: the run was begun with files of sha256"):
        fit(experiment, colour_data, run)

    copy = run.path / "encoder" / "sentence_encoder" / "mine.keras"
    copy.write_bytes(path.read_bytes())
    with pytest.raises(InputError, match=r"mine\.keras: damaged"):
        keras_t2i.load(run.path).encode(["red"])


def refused(path, match, data, **stage):
    with pytest.raises(InputError, match=match) as caught:
        fit(behind(path, **stage), data, Run(path.parent / "no-run"))
    assert "\n" not in str(caught.value)
    assert not (path.parent / "no-run").exists()


def test_files_that_are_no_encoder_are_refused_before_work(colour_data, tmp_path):
    refused(tmp_path / "none.keras", r"--encoder\.path .*none\.keras: no such file", colour_data)
    stage = FrozenEncoderStage(path="gs://bucket/x.keras")
    with pytest.raises(InputError, match=r"gs://bucket/x\.keras: must be on this machine, not an"):
        stage.check()
    (tmp_path / "words.txt").write_text("red")
    refused(tmp_path / "words.txt", r"must be a \.keras or \.onnx file, or the", colour_data)
    (tmp_path / "bad.keras").write_bytes(b"no archive")
    refused(tmp_path / "bad.keras", r"bad\.keras: cannot be used as a sentence en", colour_data)
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"no graph")
    refused(folder, r"bad: cannot be used as a sentence encoder", colour_data)
    with pytest.raises(InputError, match=r"needs a sentence encoder, by --encoder\.path FILE"):
        keras_t2i.preset("frozen-encoder-gan").check()


def test_other_inputs_and_outputs_are_refused(colour_data, tmp_path):
    pictures = keras.Input((4, 4, 3), name="pictures")
    keras.Model(pictures, keras.layers.Flatten()(pictures)).save(tmp_path / "pictures.keras")
    refused(
        tmp_path / "pictures.keras", r"must take captions as strings, or input_ids", colour_data
    )

    module = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def letters(texts):
        return tf.cast(tf.strings.unicode_decode(texts, "UTF-8").to_tensor(), tf.float32)

    tf.saved_model.save(module, str(tmp_path / "letters"), signatures=letters)
    refused(tmp_path / "letters", r"its embeddings must be of one width", colour_data)

    text = keras.Input((), dtype="string")
    states = keras.layers.Embedding(len(WORDS) + 2, 4)(
        keras.layers.TextVectorization(vocabulary=list(WORDS))(text)
    )
    keras.Model(text, states).save(tmp_path / "states.keras")
    refused(
        tmp_path / "states.keras", r"an embedding of each caption, floats \(N, F\)", colour_data
    )

    match = r"--encoder\.embedding-dim must be at most 10, .* Received: 11"
    refused(Path(shutil.copy(SENTENCES, tmp_path)), match, colour_data, embedding_dim=11)


def test_an_onnx_file_needs_its_tokenizer_and_the_names_of_its_inputs(colour_data, tmp_path):
    write_onnx(tmp_path / "a.onnx")
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": "none"}))
    refused(tmp_path / "a.onnx", r"a\.onnx: cannot .*tokenizer\.json is no tokenizer", colour_data)
    (tmp_path / "tokenizer.json").unlink()
    refused(tmp_path / "a.onnx", r"takes numbers of tokens, and .* is missing", colour_data)
    write_onnx(tmp_path / "b.onnx", inputs=("tokens",))
    refused(tmp_path / "b.onnx", r"It takes: tokens \(int64\)", colour_data)
    (tmp_path / "c.onnx").write_bytes(b"no graph")
    refused(tmp_path / "c.onnx", r"c\.onnx: cannot be used as a sentence encoder", colour_data)


def test_a_missing_package_is_named(colour_data, tmp_path, monkeypatch):
    (tmp_path / "a.onnx").write_bytes(b"")
    monkeypatch.delitem(sys.modules, "keras_t2i.text.frozen.onnx_program", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    match = r"needs the package onnxruntime: pip install 'keras-t2i\[sentence\]'"
    refused(tmp_path / "a.onnx", match, colour_data)


def test_a_keras_encoder_is_traced_once(tmp_path, caplog):
    """`fit` opens it several times; TensorFlow warns of functions that are traced at each call."""
    write_keras(tmp_path / "model.keras")
    for _ in range(4):
        open_model(tmp_path / "model.keras", "--encoder.path")
    assert "retracing" not in caplog.text


def test_the_encoder_of_the_working_folder_is_kept(tmp_path, monkeypatch):
    write_saved_model(tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    keep(Path(), tmp_path / "stage")
    kept = kept_encoder(tmp_path / "stage")
    assert kept.name == "mine"
    assert open_model(kept, "--encoder.path").width == 12


def test_the_sum_tells_every_file(tmp_path):
    write_saved_model(tmp_path / "one")
    first = sum_of(tmp_path / "one")
    assert sum_of(tmp_path / "one") == first
    (tmp_path / "one" / "tokenizer.json").write_text("{}")
    assert sum_of(tmp_path / "one") != first


def test_principal_axes_against_the_singular_values():
    rng = np.random.default_rng(1)
    features = (rng.normal(size=(400, 6)) * [5, 4, 3, 2, 1, 0.5] + 7).astype("float32")
    mean, axes, share = principal_axes(features, 3)
    np.testing.assert_allclose(mean, features.mean(0), rtol=1e-5)
    centred = features - features.mean(0)
    _, singular, rows = np.linalg.svd(centred.astype("float64"), full_matrices=False)
    assert share == pytest.approx((singular[:3] ** 2).sum() / (singular**2).sum(), rel=1e-5)
    directions = axes / np.linalg.norm(axes, axis=0)
    np.testing.assert_allclose(np.abs((directions * rows[:3].T).sum(0)), 1.0, atol=1e-5)
    embedded = centred @ axes
    assert np.mean(embedded**2) == pytest.approx(1.0, rel=1e-4)
    norms = np.linalg.norm(axes, axis=0)
    np.testing.assert_allclose(norms, norms[0], rtol=1e-6)  # one scale for all
    with pytest.raises(ValueError, match="are the same"):
        principal_axes(np.ones((5, 4), "float32"), 2)
    with pytest.raises(ValueError, match="is not finite"):
        principal_axes(np.full((5, 4), np.nan, "float32"), 2)


def test_torch_is_never_imported(colour_data, tmp_path):
    write_onnx(tmp_path / "a.onnx")
    program = (
        "import sys; from pathlib import Path; from keras_t2i.text.frozen.files import open_model;"
        f"open_model(Path({str(tmp_path / 'a.onnx')!r}), '--encoder.path').read(['red']);"
        "assert 'onnxruntime' in sys.modules;"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
