"""Pretrained models as folders: saved, fetched by name, shared on a hub, begun with."""

import functools
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import keras_t2i
from keras_t2i import api
from keras_t2i.hub import named
from keras_t2i.loading import found
from keras_t2i.pipelines.data_folder import sha256_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run
from tests import hub


@pytest.fixture(scope="module")
def saved(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "reds"
    return keras_t2i.load(trained.path).save_pretrained(out)


def test_a_saved_model_draws_as_its_run_and_holds_no_place(saved, trained):
    one, other = (
        keras_t2i.load(path).generate("a red picture", seed=3).astype(int)
        for path in (trained.path, saved)
    )
    assert np.abs(one - other).max() <= 3  # half precision
    texts = [f.read_text("utf-8") for f in saved.rglob("*") if f.suffix in {".json", ".md", ".txt"}]
    assert not any(str(trained.path.parent) in text or "/tmp" in text for text in texts)
    card = (saved / "README.md").read_text()
    assert "preset `self-attention-gan`" in card
    assert f"checksum {trained.info.checksum}" in card
    assert not list(saved.rglob("checkpoints"))
    with pytest.raises(InputError, match="exists already"):
        keras_t2i.load(trained.path).save_pretrained(saved)


def test_every_file_that_can_be_fetched_is_the_repositorys():
    for name, files in json.loads(named.HASHES.read_text()).items():
        folder = named.ALONG / name
        own = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
        assert own == set(files), name
        for file, digest in files.items():
            assert sha256_of(folder / file) == digest, file


@pytest.fixture
def served_models(saved):
    handler = functools.partial(SimpleHTTPRequestHandler, directory=saved.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def fetchable(saved, monkeypatch, tmp_path):
    """`reds` as a model that does not come along."""
    files = [f for f in saved.rglob("*") if f.is_file()]
    hashes = {str(f.relative_to(saved)): sha256_of(f) for f in files}
    monkeypatch.setattr(named, "_hashes", lambda: {"reds": hashes})
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return hashes


def test_a_model_is_fetched_once_and_checked(fetchable, served_models, saved, monkeypatch, capsys):
    with pytest.raises(InputError, match="set KERAS_T2I_MODELS to the address"):
        found("reds")
    monkeypatch.setenv(named.ADDRESS, served_models)
    path = found("reds")
    assert path != saved
    assert "fetching reds" in capsys.readouterr().err
    assert found("reds") == path
    assert capsys.readouterr().err == ""
    drawn = keras_t2i.load("reds").generate("a red picture", seed=3)
    np.testing.assert_array_equal(drawn, keras_t2i.load(saved).generate("a red picture", seed=3))


def test_another_file_is_refused_and_nothing_is_kept(fetchable, served_models, monkeypatch):
    monkeypatch.setenv(named.ADDRESS, served_models)
    fetchable["task.json"] = "0" * 64
    with pytest.raises(InputError, match=r"task\.json: sha256 is .* it must be 000"):
        found("reds")
    models = Path(os.environ["KERAS_T2I_CACHE"]) / "models"
    assert list(models.iterdir()) == []


def test_an_address_that_does_not_answer(fetchable, monkeypatch):
    monkeypatch.setenv(named.ADDRESS, "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9/reds/.*not reachable"):
        found("reds")


_SHARED = """
import sys
import keras_t2i
run = sys.argv[1]
print(keras_t2i.load(run).push_to_hub("ann/reds"))
one = keras_t2i.load("hf://ann/reds").generate("a red picture", seed=3).astype(int)
assert abs(one - keras_t2i.load(run).generate("a red picture", seed=3).astype(int)).max() <= 3
for address in ("hf://ann/none", "hf://ann", "hf://ann/empty"):
    try:
        keras_t2i.load(address)
    except keras_t2i.pipelines.errors.InputError as error:
        print(error)
import os
os.environ["HF_TOKEN"] = "hf_wrong"
try:
    keras_t2i.load(run).push_to_hub("ann/reds")
except keras_t2i.pipelines.errors.InputError as error:
    print(error)
"""


def test_a_model_is_shared_on_a_hub(trained, tmp_path):
    pytest.importorskip("huggingface_hub")
    server, address, repos = hub.running()
    repos["ann/empty"] = {"README.md": b"nothing"}
    environment = {
        **os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path), "HF_TOKEN": "hf_right",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    child = subprocess.run(
        [sys.executable, "-c", _SHARED, str(trained.path)],
        capture_output=True, text=True, check=False, timeout=200, env=environment,
    )  # fmt: skip
    server.shutdown()
    assert child.returncode == 0, child.stderr[-3000:]
    told = child.stdout.splitlines()
    assert told[0] == "hf://ann/reds"
    assert {"experiment.json", "gan/weights.npz", "README.md"} <= set(repos["ann/reds"])
    assert "hf:/ann/none" in told[1] or "hf://ann/none" in told[1]
    assert "must be hf://owner/name" in told[2]
    assert "no model of keras-t2i" in told[3]
    assert "hf://ann/reds: " in told[4]


def test_a_training_starts_from_a_pretrained_model(saved, colour_data, tmp_path, capsys):
    other = tmp_path / "data"
    shutil.copytree(colour_data, other)
    reds = keras_t2i.load(saved)
    experiment = replace(reds.experiment, gan=replace(reds.experiment.gan, pairs=16, interval=1))
    task = keras_t2i.fit(experiment, data=other, run=tmp_path / "mine", start=saved)
    assert task.run.summary("encoder")["reused_from"] == "reds"
    assert task.run.summary("gan")["steps"] == 2
    first = reds.gan.network.get_weights()[0]
    # Two steps from the pretrained generator, not from noise.
    moved = np.abs(task.gan.network.get_weights()[0] - reds.gan.average.get_weights()[0]).max()
    assert 0 < moved < 0.1
    assert np.abs(first - reds.gan.average.get_weights()[0]).max() > moved
    for mine, theirs in zip(task.gan.scale, reds.gan.scale, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    # The same call goes on, without what it started from.
    shutil.copytree(task.run.path, tmp_path / "again")
    longer = Run(tmp_path / "again")
    assert keras_t2i.fit(experiment, data=other, run=longer.path).run.summary("gan")["steps"] == 2


def test_a_start_is_of_one_model_and_under_a_name_of_its_own(saved, colour_data, tmp_path):
    reds = keras_t2i.load(saved)
    experiment = replace(reds.experiment, gan=replace(reds.experiment.gan, pairs=8, interval=1))
    run = tmp_path / "mine"
    keras_t2i.fit(experiment, data=colour_data, run=run, start=saved)
    other = tmp_path / "reds"
    shutil.copytree(saved, other)
    (other / "gan" / "weights.npz").write_bytes(b"others")
    with pytest.raises(InputError, match="started from 'reds' in another state"):
        keras_t2i.fit(experiment, data=colour_data, run=run, start=other)
    with pytest.raises(InputError, match="cannot start from itself"):
        keras_t2i.fit(experiment, data=colour_data, run=saved, start=saved)
    with pytest.raises(InputError, match="one of a model to start from, --reuse and --from"):
        keras_t2i.fit(experiment, colour_data, tmp_path / "x", reuse=run, start=saved)
    assert api.named(str(saved))[0].name == "reds-tuned"
    with pytest.raises(InputError, match="is a run, which nothing may replace"):
        reds.save_pretrained(run, overwrite=True)
    with pytest.raises(InputError, match="is a run or a pretrained model"):
        reds.export(saved)
    with pytest.raises(InputError, match="--data gives the pictures to learn from"):
        keras_t2i.fit(experiment, run=tmp_path / "y", start=saved)


def test_a_notice_goes_with_what_was_learned(saved, colour_data, tmp_path):
    bound = tmp_path / "bound"
    shutil.copytree(saved, bound)
    (bound / "NOTICE").write_text("for research only\n")
    reds = keras_t2i.load(bound)
    experiment = replace(reds.experiment, gan=replace(reds.experiment.gan, pairs=8, interval=1))
    task = keras_t2i.fit(experiment, data=colour_data, run=tmp_path / "mine", start=bound)
    shared = task.save_pretrained(tmp_path / "shared")
    assert (shared / "NOTICE").read_text() == "for research only\n"
    card = (shared / "README.md").read_text()
    assert "Licence of the weights: for research only" in card
    assert str(tmp_path) not in card
    version = task.export(tmp_path / "model")
    held = json.loads(next(version.rglob("model_card.json")).read_text())
    assert held["licence"] == "for research only"
    assert str(tmp_path) not in json.dumps(held["stages"])


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", None])
def test_damaged_weights_are_told(saved, tmp_path, content):
    broken = tmp_path / "broken"
    shutil.copytree(saved, broken)
    file = broken / "gan" / "weights.npz"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(
        InputError, match=r"weights\.npz: (damaged, or not of this|the file is miss)"
    ):
        keras_t2i.load(broken).generate("a red picture")


def test_a_damaged_vocabulary_is_told(saved, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(saved, broken)
    (broken / "vocabulary.txt").write_text("red\n")
    with pytest.raises(InputError, match=r"vocabulary\.txt: no vocabulary"):
        keras_t2i.load(broken).generate("a red picture")


def test_what_a_training_cannot_start_from(saved, colour_data, labelled_data, tmp_path):
    reds = keras_t2i.load(saved).experiment
    changed = replace(reds, encoder=replace(reds.encoder, embedding_dim=4))
    with pytest.raises(InputError, match=r"taken from it as it is.*\n.*embedding_dim"):
        keras_t2i.fit(changed, data=colour_data, run=tmp_path / "a", start=saved)
    with pytest.raises(InputError, match="it is a TextToImage of 2 stages, not a LabelsToImage"):
        keras_t2i.fit("psc-gan-demo", data=labelled_data, run=tmp_path / "b", start=saved)
    wider = replace(reds, gan=replace(reds.gan, generator_channels=(20, 12, 8)))
    with pytest.raises(InputError, match="the weights of another model"):
        keras_t2i.fit(wider, data=colour_data, run=tmp_path / "c", start=saved)
    # What did not fit leaves the folder free.
    right = replace(reds, gan=replace(reds.gan, pairs=8, interval=1))
    keras_t2i.fit(right, data=colour_data, run=tmp_path / "c", start=saved)
    with pytest.raises(InputError, match=r"Unknown preset or model 'drawn-bird'. Did you mean 'dr"):
        keras_t2i.fit("drawn-bird", data=colour_data, run=tmp_path / "d")


def test_words_that_an_encoder_does_not_know_are_told(saved):
    tokenizer = keras_t2i.load(saved).tokenizer
    words = tokenizer.unknown_among(["this is red", "a crimson zebra is red", "zebra"])
    assert {"crimson", "zebra"} <= set(words)
    assert "red" not in words
