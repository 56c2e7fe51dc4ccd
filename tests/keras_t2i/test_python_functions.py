"""Functions of the package: arguments of wrong types, scores, grids, what is said of a model."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_t2i
from keras_t2i.catalogue import PRESETS
from keras_t2i.commands.fit import main as fit_command
from keras_t2i.commands.preset_list import listed
from keras_t2i.images.grid import grid_pictures
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.fetching import download
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.sources.plain import Pictures
from keras_t2i.training import plan


@pytest.mark.parametrize(
    ("ask", "rule"),
    [
        (lambda out: keras_t2i.load(None), "must be a path, as a text or a Path. Received: None"),
        (lambda out: keras_t2i.load(""), "must be a path"),
        (lambda out: keras_t2i.load("a\0b"), "without a character NUL"),
        (lambda out: keras_t2i.load("a" * 300), "File name too long"),
        (lambda out: keras_t2i.load("drawn-bird"), "Did you mean 'drawn-birds'"),
        (lambda out: keras_t2i.preset(None), "Unknown preset None"),
        (lambda out: keras_t2i.fit(5), "must be a preset's name, or an object"),
        (lambda out: keras_t2i.fit("dcgan-demo", data=5), "data must be a path"),
        (lambda out: keras_t2i.fit("dcgan-demo", run=5), "run must be a path"),
        (lambda out: keras_t2i.fit("dcgan-demo", run=out / "a", reuse=out / "b", data=out),
         "is not a run folder: it has no experiment.json"),
        (lambda out: keras_t2i.prepare(None, out / "x"), "The source must be an object"),
        (lambda out: keras_t2i.prepare("birds", out / "x"), "The source must be an object"),
        (lambda out: keras_t2i.prepare(Pictures(5), out / "x"), "Pictures.source must be a path"),
        (lambda out: keras_t2i.prepare(Birds(5), None), "out must be a path"),
        (lambda out: keras_t2i.prepare(Birds(5), out, image_size="64"), "must be a whole number"),
        (lambda out: Birds("5"), "birds: pictures must be a whole number. Received: '5'"),
        (lambda out: keras_t2i.evaluate("drawn-birds", extractr="random"), "no option 'extractr'"),
        (lambda out: keras_t2i.evaluate("drawn-birds", count="9"), "count must be a whole number"),
        (lambda out: keras_t2i.grid(np.zeros((2, 8, 8))), r"uint8 \(N, H, W, 3\). Received: float"),
        (lambda out: keras_t2i.grid(np.zeros((3, 8, 8, 3), "uint8"), ["a", "b"]), "3 pictures, 2"),
        (lambda out: keras_t2i.grid(np.zeros((3, 8, 8, 3), "uint8"), columns=0), "at least 1"),
    ],
)  # fmt: skip
def test_it_is_refused_by_name(ask, rule, tmp_path):
    with pytest.raises(InputError, match=rule):
        ask(tmp_path)


def test_a_path_may_be_a_text(tmp_path):
    keras_t2i.prepare(Birds(6), str(tmp_path / "birds"), 16)
    assert keras_t2i.loading.path_of(str(tmp_path), "x") == tmp_path


def test_the_nearest_run_is_named(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained.path, tmp_path / "runs" / "colours")
    for ask in (keras_t2i.load, keras_t2i.fit):
        with pytest.raises(InputError, match="Did you mean 'runs/colours'"):
            ask("runs/colors")


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: None, "Preset 'mine' must return an experiment. Received: None"),
        (lambda: 1 / 0, "Preset 'mine' cannot be made: ZeroDivisionError: division by zero"),
    ],
)
def test_a_preset_that_makes_nothing_is_refused(make, rule, monkeypatch):
    monkeypatch.setitem(PRESETS, "mine", make)
    with pytest.raises(InputError, match=rule):
        keras_t2i.preset("mine")


def test_every_preset_is_listed_with_what_it_is(monkeypatch, capsys):
    def mine():
        """A preset of mine.

        It has more to say.
        """

    monkeypatch.setitem(PRESETS, "mine", mine)
    lines = [line.split(maxsplit=1) for line in listed().splitlines() if line.startswith("  ")]
    assert dict(lines)["mine"] == "A preset of mine."
    assert sorted(name for name, _ in lines) == sorted(PRESETS)
    assert all(len(what) > 10 for _, what in lines)
    monkeypatch.setattr("sys.argv", ["fit", "--list"])
    fit_command()
    assert capsys.readouterr().out == listed() + "\n"


def test_scores_are_those_of_the_command(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    scores = keras_t2i.evaluate(
        str(trained.path), extractor="random", count=12, baselines=True, out=tmp_path / "scores"
    )
    held = results_log.read(scores.folder)
    assert list(scores.lines) == held
    of_run = [line for line in held if line["subject"] == str(trained.path)]
    assert scores.values == {line["name"]: line["value"] for line in of_run}
    assert scores["frechet"] != next(x for x in held if x["subject"] == "noise")["value"]
    told = [line for line in capsys.readouterr().err.splitlines() if "not computed" in line]
    assert len(told) == len({line.split(": not computed")[0] for line in told})


def test_a_score_and_a_folder_to_compare_with_may_be_texts(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for i in range(3):
            picture = np.random.default_rng(i).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(picture).save(tmp_path / name / f"{i}.png")
    scores = keras_t2i.evaluate(
        str(tmp_path / "a"), against=str(tmp_path / "b"), protocol="frechet", extractor="random",
        out=str(tmp_path / "scores"),
    )  # fmt: skip
    assert list(scores.values) == ["frechet"]


def test_a_grid_has_every_picture_in_its_place():
    pictures = np.arange(5 * 8 * 8 * 3, dtype=np.uint8).reshape(5, 8, 8, 3)
    sheet = np.asarray(keras_t2i.grid(pictures, columns=3))
    assert sheet.shape == (18, 28, 3)
    np.testing.assert_array_equal(sheet[10:18, 10:18], pictures[4])
    assert (sheet[10:18, 20:28] == 255).all()
    named = grid_pictures(keras_t2i.grid(pictures[:4], ["one", "two"]), 8)
    np.testing.assert_array_equal(named[:, :2].reshape(4, 8, 8, 3), pictures[:4])


def test_an_unfinished_stage_is_told_when_it_draws(trained, tmp_path, capsys):
    shutil.copytree(trained.path, tmp_path / "run")
    keras_t2i.load(tmp_path / "run").generate("this is red")
    assert "not finished" not in capsys.readouterr().err
    (tmp_path / "run" / "gan" / "summary.json").unlink()
    plan.keep_plan(keras_t2i.load(tmp_path / "run").run, "gan", 5000)
    keras_t2i.load(tmp_path / "run").generate("this is red")
    told = capsys.readouterr().err
    assert "stage `gan` is at step 24 of 5,000: its training is not finished" in told
    assert read_plan(trained) == 24


def read_plan(run):
    """The planned steps that a training has left."""
    return plan.read_note(run.stage("gan") / plan.FILE)["steps"]


def test_a_savedmodel_is_called_a_program_once(exported, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    keras_t2i.load(exported).generate("this is red")
    assert f"{exported}: a SavedModel is a program" in capsys.readouterr().err
    keras_t2i.load(exported).generate("this is red")
    assert "program" not in capsys.readouterr().err


def test_a_model_exported_here_is_known(trained, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    version = keras_t2i.load(trained.path).export(tmp_path / "model")
    keras_t2i.load(version).generate("this is red")
    assert "program" not in capsys.readouterr().err


@pytest.mark.parametrize("url", ["http://example.org/a", "ftp://example.org/a", "a/b"])
def test_only_encrypted_or_local_addresses_are_fetched(url, tmp_path):
    with pytest.raises(InputError, match=r"must begin with https:// or file://"):
        download(url, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_an_encoder_that_a_graph_asks_for_first_is_the_trained_one(trained):
    tokens = np.array([[3, 4, 0, 0]])

    def encoded(task):
        return task.encoder.encode(tf.constant(tokens))["embedding"]

    asked, other = keras_t2i.load(trained.path), keras_t2i.load(trained.path)
    in_a_graph = tf.function(lambda: encoded(asked), autograph=False)()
    np.testing.assert_allclose(in_a_graph, encoded(other), atol=1e-5)


def test_a_split_is_read_once(trained):
    task = keras_t2i.load(trained.path)
    assert task.split is task.read_split("train")
    assert task.unseen is task.read_split(task.unseen_name)
