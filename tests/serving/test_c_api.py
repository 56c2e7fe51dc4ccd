"""An exported model in TensorFlow's C library, without Python's TensorFlow, against Keras."""

import base64
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

import keras_t2i
from keras_t2i.commands.export import export
from keras_t2i.exporting.warmup import BATCH_SIZES
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.served import ServedModel
from keras_t2i.pipelines.errors import InputError
from serving import c_api
from tests.served import answers_of, pictures

_CAPTIONS = ["a red picture", "this is blue"]
_SEEDS = [5, 7]


@pytest.fixture(scope="module")
def version(exported, tmp_path_factory):
    models = tmp_path_factory.mktemp("models") / "tiny"
    return Path(shutil.copytree(exported.parent, models)) / "1"


@pytest.fixture(scope="module")
def sampler(trained):
    return trained.experiment.task(trained, trained.data).sampler


@pytest.fixture(scope="module")
def calls(sampler):
    rng = np.random.default_rng(0)
    embedding = sampler.encode(_CAPTIONS)["embedding"]
    noise = rng.normal(size=(2, sampler.gan.network.noise_dim)).astype("float32")
    return {
        "serving_default": {"caption": _CAPTIONS},
        "generate": {"caption": _CAPTIONS, "seed": _SEEDS, "truncation": [1.0, 0.5]},
        "encode_text": {"caption": _CAPTIONS},
        "sample_noise": {"seed": _SEEDS},
        "synthesize": {"noise": noise.tolist(), "embedding": embedding.tolist()},
        "interpolate": {
            "caption_from": _CAPTIONS, "caption_to": _CAPTIONS[::-1],
            "alpha": [0.25, 1.0], "seed": _SEEDS,
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def answers(version, calls):
    return answers_of(version, calls)


def test_pictures_equal_keras(answers, sampler, calls):
    embedding = sampler.encode(_CAPTIONS)["embedding"]
    between = np.stack([0.75 * embedding[0] + 0.25 * embedding[1], embedding[0]])

    def drawn(rows, *how):
        return sampler.sample({"embedding": rows}, *how)

    expected = {
        "serving_default": drawn(embedding, [0, 0]),
        "generate": np.concatenate([drawn(embedding[:1], [5]), drawn(embedding[1:], [7], 0.5)]),
        "interpolate": drawn(between, _SEEDS),
        "synthesize": None,
    }
    from keras_t2i.images.batches import to_uint8

    direct = sampler.gan.sample(
        tf.constant(calls["synthesize"]["noise"]), tf.constant(calls["synthesize"]["embedding"])
    )
    expected["synthesize"] = to_uint8(direct.numpy())
    for name, wanted in expected.items():
        got = pictures(answers[name])
        assert got.shape == wanted.shape == (2, 16, 16, 3)
        difference = np.abs(got.astype(int) - wanted.astype(int))
        assert difference.max() <= 3, name  # of a network of 24 steps; see test_generate.ROUNDING
        assert wanted.std() > 1


def test_the_noise_of_seeds_gives_their_pictures(answers, sampler):
    noise = tf.constant(answers["sample_noise"]["noise"], tf.float32)
    embedding = sampler.encode(_CAPTIONS)["embedding"]
    drawn = sampler.gan.sample(noise, tf.constant(embedding)).numpy()
    wanted = sampler.sample({"embedding": embedding}, _SEEDS)
    assert np.abs((drawn + 1) * 127.5 - wanted).max() <= 3


def test_text_equals_keras(answers, sampler):
    encoded = sampler.encode(_CAPTIONS)
    got = answers["encode_text"]
    np.testing.assert_allclose(got["embedding"], encoded["embedding"], atol=1e-5)
    np.testing.assert_allclose(got["attention"], encoded["attention"], atol=1e-5)
    words = [base64.b64decode(v).decode() for v in got["tokens"]]
    assert words[:6] == ["<start>", "a", "red", "picture", "<end>", ""]
    assert got["unknown_words"] == answers["generate"]["unknown_words"] == ["", ""]
    assert answers["serving_default"].keys() == {"image_bytes"}  # REST sends it without its name


def test_unknown_words_are_an_output(version):
    signatures = tf.saved_model.load(str(version)).signatures
    captions = ["a mauve or puce picture", "this is red", "", "zebra zebra"]
    found = signatures["encode_text"](caption=tf.constant(captions))["unknown_words"]
    assert found.numpy().tolist() == [b"mauve or puce", b"", b"", b"zebra zebra"]
    drawn = signatures["generate"](
        caption=tf.constant(captions[:2]), seed=tf.zeros(2, tf.int64), truncation=tf.ones(2)
    )
    assert drawn["unknown_words"].numpy().tolist() == [b"mauve or puce", b""]


@pytest.mark.parametrize("caption", ["", " ", "zebra", "!?", "红鸟"])
@pytest.mark.parametrize("name", ["serving_default", "generate", "interpolate"])
def test_a_caption_without_a_known_word_is_refused(version, name, caption):
    signature = tf.saved_model.load(str(version)).signatures[name]
    rows = {
        key: tf.constant(["a red picture", caption] if "caption" in key else [1, 1], spec.dtype)
        for key, spec in signature.structured_input_signature[1].items()
    }
    rule = "A caption must have a word that the model knows"
    with pytest.raises(tf.errors.InvalidArgumentError, match=rule):
        signature(**rows)


def test_the_exported_model_tells_and_refuses_in_python(version, capsys):
    model = keras_t2i.load(version)
    pictures_of = model.generate(["a red zebra", "this is red"], seed=1)
    assert pictures_of.shape == (2, 16, 16, 3)
    assert capsys.readouterr().err == "'a red zebra': not known, ignored: zebra\n"
    model.interpolate("a red zebra", "this is red", steps=2)
    assert "not known, ignored: zebra" in capsys.readouterr().err
    with pytest.raises(InputError, match="A caption must have a word that the model knows"):
        model.generate("zebra")


def test_scores_of_an_exported_model_say_which_caption_it_refuses(version):
    captions, none = ("this is red", "zebra"), np.zeros((2, 0), "float32")
    conditions = Conditions("test", np.arange(2), captions, np.array([-1, -1]), none)
    with pytest.raises(InputError, match=r"A caption must have a word.*Received: `zebra`"):
        ServedModel(version.parent, None).sample_conditions(conditions, [1, 2])


def test_a_row_does_not_depend_on_its_neighbours(version):
    generate = tf.saved_model.load(str(version)).signatures["generate"]

    def rows(captions, seeds):
        return generate(
            caption=tf.constant(captions),
            seed=tf.constant(seeds, tf.int64),
            truncation=tf.ones(len(seeds)),
        )["image_bytes"].numpy()

    def decoded(png):
        return tf.io.decode_png(png).numpy().astype(int)

    alone = rows(["a red picture"], [9])[0]
    for size in BATCH_SIZES:
        captions = ["this is blue"] * (size - 1) + ["a red picture"]
        among = rows(captions, [*range(size - 1), 9])[-1]
        assert np.abs(decoded(alone) - decoded(among)).max() <= 1, size
    assert rows(["a red picture"], [10])[0] != alone


def test_weights_are_stored_once(version, sampler):
    reader = tf.train.load_checkpoint(str(version / "variables" / "variables"))
    stored = sum(int(np.prod(s)) for s in reader.get_variable_to_shape_map().values() if s)
    used = sum(
        int(np.prod(v.shape)) for m in (sampler.encoder, sampler.gan.average) for v in m.variables
    )
    assert stored <= used * 1.05 + 200


def test_only_core_operations(version):
    from tensorflow.core.protobuf import saved_model_pb2

    model = saved_model_pb2.SavedModel()
    model.ParseFromString((version / "saved_model.pb").read_bytes())
    graph = model.meta_graphs[0].graph_def
    kinds = {n.op for n in graph.node} | {n.op for f in graph.library.function for n in f.node_def}
    assert not {k for k in kinds if "PyFunc" in k or k.startswith(("TFText", "Xla"))}
    assert not any("_XlaMustCompile" in f.attr and f.attr["_XlaMustCompile"].b
                   for f in graph.library.function)  # fmt: skip


def test_the_next_export_is_the_next_version(trained, version):
    again = export(trained, version.parent)
    assert (version.name, again.name) == ("1", "2")
    assert sorted(p.name for p in version.parent.iterdir()) == ["1", "2"]


def test_a_failing_export_leaves_nothing(trained, tmp_path, monkeypatch):
    class FullDisk:
        def write_out(self, path, **options):
            (Path(path) / "half").touch()
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(
        "keras_t2i.tasks.text_to_image.signatures.archive", lambda sampler: FullDisk()
    )
    with pytest.raises(OSError, match="No space"):
        export(trained, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "ending"), [("linux", "libtensorflow_framework.so.2"), ("darwin", ".2.dylib")]
)
def test_the_library_has_the_name_of_the_platforms_build(platform, ending, tmp_path, monkeypatch):
    place = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    finding = SimpleNamespace(util=SimpleNamespace(find_spec=lambda name: place))
    monkeypatch.setattr(c_api, "importlib", finding)
    monkeypatch.setattr(c_api, "sys", SimpleNamespace(platform=platform))
    with pytest.raises(c_api.CApiError, match=f"cannot be loaded: .*{ending}"):
        c_api._library.__wrapped__()
