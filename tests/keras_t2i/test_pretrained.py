"""The pretrained models that come along, and weights alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import keras_t2i
from keras_t2i.commands.generate import draw
from keras_t2i.hub.named import ALONG
from keras_t2i.images.batches import scaled
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.training.run import Run
from keras_t2i.training.weights import load_weights, save_weights


def colour(pictures):
    """The mean colour of the middle, where the bird is: float (3,)."""
    return pictures[:, 20:44, 20:44].mean((0, 1, 2))


def test_drawn_birds_have_the_colours_that_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a name means the same everywhere
    birds = keras_t2i.load("drawn-birds")
    seeds = list(range(6))
    yellow, black, blue = (
        colour(birds.generate([f"a {name} bird with a {name} wing"] * 6, seeds=seeds))
        for name in ("yellow", "black", "blue")
    )
    assert yellow[0] - yellow[2] > 40
    assert blue[2] - blue[0] > 40
    assert black.mean() < yellow.mean() - 20
    one = birds.generate("a yellow bird", seed=7)
    assert one.shape == (1, 64, 64, 3)
    np.testing.assert_array_equal(one, birds.generate("a yellow bird", seed=7))


def test_drawn_faces_have_the_labels_that_are_asked_for(tmp_path):
    faces = keras_t2i.load("drawn-faces")
    asked = faces.facts["labels"] * 2
    pictures = faces.generate(asked, seeds=list(range(16)))
    read = faces.classifier().features_and_logits(scaled(pictures))[1] > 0
    wanted = np.stack(faces.encode(asked)) > 0
    assert np.mean(read == wanted) > 0.95


def test_commands_take_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (file,) = draw(
        GenerateOptions(Path("drawn-birds"), captions=("a red bird",), out=Path("a.png"))
    )
    assert Image.open(file).size == (64, 64)
    with pytest.raises(
        InputError, match=r"Models by name: .*cub10-birds, drawn-birds, drawn-faces"
    ):
        keras_t2i.load("drawn-bird")


def test_the_models_are_small():
    folders = [ALONG / name for name in ("drawn-birds", "drawn-faces")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 20e6


def test_weights_alone_draw_what_the_checkpoint_draws(trained, tmp_path):
    light = Run(tmp_path / "light")
    shutil.copytree(trained.path, light.path)
    task = trained.experiment.task(trained)
    for stage, model in (("encoder", task.encoder), ("gan", task.gan)):
        shutil.rmtree(light.stage(stage) / "checkpoints")
        save_weights(model, light.stage(stage) / "weights.npz")
    one, other = (
        keras_t2i.load(run.path).generate("a red picture", seed=3).astype(int)
        for run in (trained, light)
    )
    assert np.abs(one - other).max() <= 3  # half precision
    assert one.std() > 3


def test_weights_that_do_not_fit_are_refused(trained, tmp_path):
    task = trained.experiment.task(trained)
    save_weights(task.encoder, tmp_path / "encoder.npz")
    with pytest.raises(InputError, match=r"encoder\.npz: the weights of another model"):
        load_weights(task.gan, tmp_path / "encoder.npz")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "encoder.npz").read_bytes()[:500])
    with pytest.raises(InputError, match=r"cut\.npz: damaged, or not of this kind"):
        load_weights(task.encoder, tmp_path / "cut.npz")
