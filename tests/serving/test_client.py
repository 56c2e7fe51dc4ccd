"""The client against served models, over both protocols; what exports bring along."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.exporting.warmup import BATCH_SIZES
from serving.client import Client, ClientError
from serving.worker.model import Model
from serving.worker.warmup import warm_up
from tests.serving.running import Running


@pytest.fixture(scope="module")
def captions(exported, tmp_path_factory):
    return Path(copytree(exported.parent, tmp_path_factory.mktemp("served") / "captions"))


@pytest.fixture(scope="module")
def faces(exported_labels, tmp_path_factory):
    return Path(copytree(exported_labels.parent, tmp_path_factory.mktemp("served") / "faces"))


@pytest.fixture(scope="module")
def server(captions, faces, tmp_path_factory):
    config = tmp_path_factory.mktemp("config") / "models.config"
    config.write_text(
        "model_config_list {"
        + "".join(
            f'config {{ name: "{folder.name}" base_path: "{folder}" model_platform: "tensorflow" }}'
            for folder in (captions, faces)
        )
        + "}"
    )
    with Running(f"--model_config_file={config}", grpc=True) as running:
        yield running


def urls(server, model):
    rest, grpc = f"http://127.0.0.1:{server.port}", f"grpc://127.0.0.1:{server.grpc_port}"
    return [f"{base}/v1/models/{model}" for base in (rest, grpc)]


def test_captions_over_both_protocols(server, trained):
    sampler = trained.experiment.task(trained, trained.data).sampler
    texts = ["a red picture", "this is blue"]
    expected = sampler.sample(sampler.encode(texts), [5, 6])
    for url in urls(server, "captions"):
        client = Client(url)
        for picture, wanted in zip(client.generate(texts, seed=5), expected, strict=True):
            assert np.abs(np.asarray(picture).astype(int) - wanted).max() <= 1
        line = client.interpolate(*texts, steps=4, seed=5)
        assert np.abs(np.asarray(line[0]).astype(int) - expected[0]).max() <= 1
        encoded = client.encode(texts)
        np.testing.assert_allclose(
            encoded["embedding"], sampler.encode(texts)["embedding"], atol=1e-5
        )
        drawn = client.synthesize(
            np.zeros((2, sampler.gan.network.noise_dim)), encoded["embedding"]
        )
        assert [picture.size for picture in drawn] == [(16, 16)] * 2
        with pytest.raises(ClientError, match="no signature 'classify'"):
            client.labels(drawn)


@pytest.mark.parametrize("caption", ["", "zebra"])
def test_a_caption_that_says_nothing_is_an_invalid_argument(server, caption):
    body = {"instances": ["a red picture", caption]}
    status, _, answer = server.ask("POST", "/v1/models/captions:predict", body)
    assert status == 400
    assert (
        "A caption must have a word that the model knows. Received:" in json.loads(answer)["error"]
    )
    rest, grpc = urls(server, "captions")
    for url, code in ((rest, "400"), (grpc, "INVALID_ARGUMENT")):
        with pytest.raises(ClientError, match=f"{code}: .*A caption must have a word"):
            Client(url).generate([caption])
        with pytest.raises(ClientError, match="has no word that captions knows"):
            Client(url).condition(["a red picture", caption])
    command = [sys.executable, "-m", "serving.client", rest, caption]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: The server answers 400: ")
    assert ended.stderr.count("\n") == 1


def test_the_client_tells_of_unknown_words(server, tmp_path):
    for number, url in enumerate(urls(server, "captions")):
        out = tmp_path / str(number)
        command = [sys.executable, "-m", "serving.client", url, "a red zebra", "this is red"]
        ended = subprocess.run(
            [*command, "--out", str(out)], capture_output=True, text=True, check=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        told = [line for line in ended.stderr.splitlines() if "known" in line]
        assert told == ["'a red zebra': not known, ignored: zebra"]
        assert len(list(out.iterdir())) == 2


def test_labels_over_both_protocols(server, trained_labels):
    schema = trained_labels.experiment.task(trained_labels, trained_labels.data).schema
    text = schema.describe(schema.combinations()[0])
    for url in urls(server, "faces"):
        client = Client(url)
        (picture,) = client.generate([text], seed=1)
        (read,) = client.labels([picture])
        assert set(read) == set(schema.labels)
        assert all(0 <= p <= 1 for p in read.values())
        assert len(client.interpolate(text, text, steps=3)) == 3
        with pytest.raises(ClientError, match="Unknown label"):
            client.generate(["no such label"])


def test_a_model_that_is_not_served_is_said(server):
    for url in urls(server, "none"):
        with pytest.raises(ClientError, match="Servable not found"):
            Client(url).generate(["x"])


def test_a_version_that_is_not_served_is_said(server):
    for url in urls(server, "captions"):
        assert len(Client(f"{url}/versions/1").generate(["a red picture"])) == 1
        for other in ("versions/9", "labels/stable"):
            with pytest.raises(ClientError, match=r"(404|400|NOT_FOUND|INVALID_ARGUMENT)"):
                Client(f"{url}/{other}").generate(["a red picture"])


def test_the_command_saves_pictures(server, tmp_path):
    url = urls(server, "captions")[0]
    words = [sys.executable, "-m", "serving.client", url]

    def ask(*more):
        return subprocess.run([*words, *more], capture_output=True, text=True, check=False)

    assert ask("a red picture", "--out", str(tmp_path / "red.png")).returncode == 0
    with Image.open(tmp_path / "red.png") as picture:
        assert picture.size == (16, 16)
    assert ask("a red picture", "this is blue", "--out", str(tmp_path / "all")).returncode == 0
    assert len(list((tmp_path / "all").iterdir())) == 2
    wrong = ask("this is red", "this is blue", "--out", str(tmp_path / "one.png"))
    assert wrong.returncode == 2
    assert "one file for 2 pictures" in wrong.stderr


class Pictures(tf.Module):
    """Pictures as they are; and grey ones, a level a seed."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def translate(self, image_bytes):
        return {"image_bytes": image_bytes}

    @tf.function(input_signature=[
        tf.TensorSpec([None], tf.int64, name="seed"),
        tf.TensorSpec([None], tf.float32, name="truncation"),
    ])  # fmt: skip
    def generate(self, seed, truncation):
        def grey(level):
            return tf.io.encode_png(tf.fill((8, 8, 3), tf.cast(level, tf.uint8)))

        drawn = tf.map_fn(grey, seed, fn_output_signature=tf.string)
        return {"image_bytes": tf.where(truncation >= 0, drawn, "")}


def test_pictures_from_pictures_and_from_noise(tmp_path):
    module = Pictures()
    signatures = {"translate": module.translate, "generate": module.generate}
    tf.saved_model.save(module, str(tmp_path / "both" / "1"), signatures)
    Image.new("RGB", (9, 7), (200, 10, 10)).save(tmp_path / "red.png")
    (tmp_path / "letter.txt").write_text("dear")
    flags = ("--model_name=both", f"--model_base_path={tmp_path / 'both'}")
    with Running(*flags) as running:
        url = f"http://127.0.0.1:{running.port}/v1/models/both"

        def ask(*more):
            words = [sys.executable, "-m", "serving.client", url, *map(str, more)]
            return subprocess.run(words, capture_output=True, text=True, check=False)

        assert ask("--translate", tmp_path / "red.png", "--out", tmp_path / "x.png").returncode == 0
        with Image.open(tmp_path / "x.png") as picture:
            assert (picture.size, picture.getpixel((3, 3))) == ((9, 7), (200, 10, 10))
        assert ask("--count", 3, "--seed", 40, "--out", tmp_path / "all").returncode == 0
        drawn = sorted((tmp_path / "all").iterdir())
        assert [Image.open(path).getpixel((0, 0))[0] for path in drawn] == [40, 41, 42]
        for wrong, rule in (
            (("--translate", tmp_path / "letter.txt"), "no picture that can be read"),
            (("--translate", tmp_path / "red.png", "--back"), "no signature 'translate_back'"),
            ((), "Give either texts, or --count"),
            (("a bird", "--count", 2), "Give either texts, or --count"),
            (("--count", 0), "must be at least 1. Received: 0"),
            (("--count", 2, "--back"), "--back goes with --translate"),
        ):
            found = ask(*wrong)
            assert (found.returncode, rule in found.stderr) == (2, True), found.stderr


def test_an_export_brings_warm_up_requests_and_a_card(captions, trained, tmp_path):
    version = captions / "1"
    servable = Model(version)
    assert warm_up(servable, version) == len(BATCH_SIZES) * len(servable.signatures.definitions)
    card = json.loads((version / "assets.extra" / "model_card.json").read_text())
    assert card["preset"] == trained.experiment.name
    assert card["data"]["checksum"] == trained.info.checksum
    assert card["data"]["licence"] == "CC0"
    assert card["stages"]["gan"]["steps"] == 24
    shutil.copytree(version, tmp_path / "cold")
    shutil.rmtree(tmp_path / "cold" / "assets.extra")
    assert warm_up(Model(tmp_path / "cold"), tmp_path / "cold") == 0


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [("serving.studio", "gradio", "studio"), ("serving", "uvicorn", "serving")],
)
def test_a_missing_package_is_told_with_its_extra(module, package, extra, tmp_path):
    (tmp_path / f"{package}.py").write_text(
        f"raise ModuleNotFoundError('no {package}', name='{package}')"
    )
    done = subprocess.run(
        [sys.executable, "-m", module], capture_output=True, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"},
    )  # fmt: skip
    assert done.returncode == 2
    line = f"error: the package {package} is missing: pip install 'keras-t2i[{extra}]'."
    assert done.stderr.splitlines()[-1] == line
