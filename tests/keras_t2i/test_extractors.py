"""Feature extractors on real pictures."""

import tarfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_t2i.loading import open_classifier
from keras_t2i.metrics.extractors import fingerprint_of
from keras_t2i.metrics.extractors.download import canonical_graph, fetch
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.metrics.extractors.inception_graph import InceptionGraph
from keras_t2i.metrics.extractors.squeezenet import SqueezeNet
from keras_t2i.metrics.resizing import clean
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import open_picture, resized

ALBATROSS = 146  # of ImageNet's classes


def test_squeezenet_knows_an_albatross(shared):
    folder = next((shared / "data" / "cub10").glob("*/images/002*"))
    pictures = np.stack([resized(open_picture(p), 256) for p in sorted(folder.iterdir())[:8]])
    network = SqueezeNet(shared / "weights" / "squeezenet_v1_0.npz")
    found = network(clean(pictures, network.size))
    assert found["features"].shape == (8, 512)
    assert np.mean(found["logits"].argmax(1) == ALBATROSS) > 0.7


def test_what_is_no_squeezenet_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz: not readable"):
        SqueezeNet(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    with pytest.raises(InputError, match="conv1/w is missing"):
        SqueezeNet(tmp_path / "other.npz")


def test_clean_resizing_antialiases_and_does_not_round():
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    small = clean(noise, 16)
    blocks = noise.reshape(2, 16, 4, 16, 4, 3).mean((2, 4))
    assert np.corrcoef(small.ravel(), blocks.ravel())[0, 1] > 0.8  # one pixel in 16 gives ¼
    assert np.abs(small - np.rint(small)).max() > 0.3
    np.testing.assert_array_equal(clean(noise, 64), noise)
    flat = np.full((1, 10, 10, 3), 255, np.uint8)
    np.testing.assert_allclose(clean(flat, 23), 255.0, atol=1e-3)


@pytest.fixture
def graph(tmp_path):
    """A small frozen graph with the operations of inception-2015-12-05, its weights, its file."""
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 6)).astype("float32")
    last = rng.normal(size=(6, 4)).astype("float32")
    with tf.Graph().as_default() as made:
        picture = tf.compat.v1.placeholder(tf.float32, (299, 299, 3), name="DecodeJpeg")
        fed = tf.expand_dims(picture, 0, name="ExpandDims")
        mean = tf.reduce_mean((fed - 128.0) / 128.0, (1, 2), keepdims=True)
        tf.matmul(tf.reshape(mean, (-1, 3)), tf.constant(kernel), name="inner")
        inner = made.get_tensor_by_name("inner:0")
        pooled = tf.reshape(inner, (-1, 1, 1, 6), name="pool_3")
        flat = tf.reshape(pooled, (1, 6))  # for one picture, as in the original
        weights = tf.constant(last, name="softmax/weights")
        product = tf.matmul(flat, weights, name="softmax/logits/MatMul")
        tf.add(product, tf.ones(4), name="softmax/logits")
        file = tmp_path / "graph.pb"
        file.write_bytes(made.as_graph_def().SerializeToString())
    return file, kernel, last


def test_the_inception_graph_takes_many_pictures_and_leaves_out_the_bias(graph):
    file, kernel, last = graph
    network = InceptionGraph(file)
    assert network.canonical
    pictures = np.random.default_rng(1).uniform(0, 255, (3, 299, 299, 3)).astype("float32")
    found = network(pictures)
    expected = ((pictures - 128) / 128).mean((1, 2)) @ kernel
    np.testing.assert_allclose(found["features"], expected, atol=1e-4)
    np.testing.assert_allclose(found["logits"], expected @ last, atol=1e-3)


def test_what_is_no_inception_graph_is_refused(tmp_path, graph):
    (tmp_path / "text.pb").write_text("no graph")
    with pytest.raises(InputError, match="not readable as a frozen graph"):
        InceptionGraph(tmp_path / "text.pb")
    (tmp_path / "empty.pb").write_bytes(b"")
    with pytest.raises(InputError, match="no operation 'ExpandDims'"):
        InceptionGraph(tmp_path / "empty.pb")


def test_the_canonical_network_is_fetched_checked_and_found(tmp_path, graph, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    archive = tmp_path / "inception.tgz"
    with tarfile.open(archive, "w:gz") as held:
        held.add(graph[0], "classify_image_graph_def.pb")
    url, right = archive.as_uri(), fingerprint_of(graph[0])
    with pytest.raises(InputError, match=f"sha256 is {right}; it must be 0000"):
        fetch(url, "0000")
    assert not canonical_graph().exists()
    with pytest.raises(InputError, match="No extractor"):
        find_extractor(None)
    assert fetch(url, right.upper()) == canonical_graph()
    assert find_extractor(None).fingerprint == right
    canonical_graph().write_bytes(b"changed")
    with pytest.raises(InputError, match=f"it must be {right}"):
        find_extractor(None)
    with pytest.raises(InputError, match="not reachable"):
        fetch((tmp_path / "none.tgz").as_uri())
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(InputError, match="no whole archive"):
        fetch(url)
    assert not list(canonical_graph().parent.glob(".*"))


def test_a_keras_file_a_savedmodel_and_their_range(tmp_path):
    image = keras.Input((8, 8, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(image)
    model = keras.Model(image, {"features": pooled, "logits": keras.layers.Dense(2)(pooled)})
    model.save(tmp_path / "mine.keras")
    model.export(tmp_path / "saved", verbose=False)
    with pytest.raises(InputError, match="takes floats: say with --extractor-range"):
        find_extractor(str(tmp_path / "mine.keras"))
    pictures = np.full((2, 8, 8, 3), 255.0, "float32")
    for name in ("mine.keras", "saved"):
        network = find_extractor(str(tmp_path / name), (-1.0, 1.0))
        assert (network.name, network.size, network.canonical) == (name.split(".")[0], 8, False)
        found = network(pictures)
        np.testing.assert_allclose(found["features"], np.ones((2, 3)))
        assert found["logits"].shape == (2, 2)
        other = find_extractor(str(tmp_path / name), (0.0, 1.0))
        assert other.fingerprint != network.fingerprint
        np.testing.assert_allclose(other(0 * pictures)["features"], np.zeros((2, 3)))


def test_a_tflite_file_of_bytes_needs_no_range(shared):
    name = "mobilenet_v1_1.0_224_quant_embedding_extractor.tflite"
    network = find_extractor(str(shared / "weights" / name))
    noise = np.random.default_rng(0).uniform(0, 255, (3, 224, 224, 3)).astype("float32")
    features = network(noise)["features"]
    assert features.shape == (3, 1024)
    np.testing.assert_allclose(network(noise[1:2])["features"][0], features[1])


def test_what_is_no_extractor_is_named(tmp_path, trained):
    with pytest.raises(InputError, match="no such file"):
        find_extractor(str(tmp_path / "none.npz"))
    with pytest.raises(InputError, match=r"randm: no such file\. Did you mean 'random'"):
        find_extractor("randm")
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(InputError, match="nor a run"):
        find_extractor(str(tmp_path / "file.txt"))
    (tmp_path / "broken.keras").write_text("x")
    with pytest.raises(InputError, match="not readable as a network"):
        find_extractor(str(tmp_path / "broken.keras"))
    with pytest.raises(InputError, match="does not read labels in pictures"):
        find_extractor(str(trained.path), open_classifier=open_classifier)
    with pytest.raises(InputError, match="runs cannot be opened here"):
        find_extractor(str(trained.path))


def test_a_run_that_reads_labels_is_an_extractor(trained_labels):
    network = find_extractor(str(trained_labels.path), open_classifier=open_classifier)
    found = network(np.zeros((2, network.size, network.size, 3), "float32"))
    assert found["logits"].shape == (2, len(network.labels))
    assert (
        network.fingerprint
        == find_extractor(str(trained_labels.path), open_classifier=open_classifier).fingerprint
    )


@pytest.mark.slow
def test_keras_inception_reads_its_published_layout(tmp_path):
    keras.applications.InceptionV3(weights=None).save_weights(tmp_path / "w.weights.h5")
    network = find_extractor(str(tmp_path / "w.weights.h5"))
    found = network(np.zeros((1, 299, 299, 3), "float32"))
    assert found["features"].shape == (1, 2048)
    assert found["logits"].shape == (1, 1000)
