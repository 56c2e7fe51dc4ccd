"""GANs of points: from a preset to pictures, modes and a served model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.adversarial.schedules import Unrolled
from keras_t2i.catalogue import preset
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.points import Grid, Ring, mixture_points
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.points.modes import modes_covered
from keras_t2i.training.run import Run
from tests.runs import assert_same_state


def tiny(name, steps=12):
    experiment = preset(name)
    gan = replace(
        experiment.gan, steps=steps, batch_size=32, noise_dim=4, generator_widths=(16,),
        critic_widths=(16,), interval=3, sample_every=6, checkpoint_minutes=0.0,
    )  # fmt: skip
    return replace(experiment, gan=gan, deterministic=True)


@pytest.mark.parametrize("name", ["unrolled-gan-8-gaussians", "wgan-gp-25-gaussians"])
def test_a_preset_trains_draws_and_exports(name, tmp_path):
    experiment, run = tiny(name), Run(tmp_path / "run")
    run.open(experiment)
    run.samples.mkdir()
    (run.samples / "samples-mine.png").write_text("a note of the user's")
    fit(experiment, None, run)
    summary = run.summary("gan")
    assert summary["steps"] == 12
    assert summary["of"] == len(experiment.mixture.centres)
    with Image.open(run.samples / "samples.gif") as moving:
        assert moving.n_frames == 3  # steps 0, 6 and 12
    (picture,) = draw(GenerateOptions(run.path, count=2, out=tmp_path / "points.png"))
    assert Image.open(picture).size == (384, 384)
    with pytest.raises(InputError, match="Captions do not go with"):
        draw(GenerateOptions(run.path, ("a bird",), out=tmp_path / "no.png"))
    version = export(run, tmp_path / "model")
    served = tf.saved_model.load(str(version)).signatures
    seeds = tf.constant([1, 2, 3], tf.int64)
    points = served["serving_default"](seed=seeds)["point"].numpy()
    noise = served["sample_noise"](seed=seeds)["noise"]
    np.testing.assert_allclose(served["synthesize"](noise=noise)["point"], points, atol=1e-6)
    card = json.loads((version / "assets.extra" / "model_card.json").read_text())
    assert card["data"] is None


def test_a_resumed_run_ends_as_the_uninterrupted_one(tmp_path):
    whole, cut = Run(tmp_path / "whole"), Run(tmp_path / "cut")
    fit(tiny("wgan-gp-8-gaussians"), None, whole)
    task = tiny("wgan-gp-8-gaussians").task(cut, None)
    cut.open(tiny("wgan-gp-8-gaussians"))
    half = replace(tiny("wgan-gp-8-gaussians").gan, steps=6)
    from keras_t2i.training.loop import train

    train("gan", task.build(half), cut)
    cut.stage("gan").joinpath("summary.json").unlink()
    fit(tiny("wgan-gp-8-gaussians"), None, cut)
    assert_same_state(whole, cut)


def test_runs_without_data_say_so(tmp_path):
    run = Run(tmp_path / "run")
    fit(tiny("gan-8-gaussians"), None, run)
    assert run.data is None
    with pytest.raises(InputError, match="--data is needed"):
        evaluate(Arguments(run.path, extractor="random"))
    with pytest.raises(InputError, match="another experiment"):
        fit(tiny("unrolled-gan-8-gaussians"), None, run)


def test_modes_are_counted():
    mixture = Ring(4, 1.0, 0.05)
    real = next(iter(mixture_points(mixture, 2000)))["image"].numpy()
    found = modes_covered(real, mixture)
    assert (found["modes"], found["of"]) == (4, 4)
    assert found["quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.01)  # within three deviations
    assert found["divergence"] < 0.01
    collapsed = modes_covered(np.repeat(mixture.centres[:1], 100, 0), mixture)
    assert (collapsed["modes"], collapsed["quality"]) == (1, 1.0)
    assert collapsed["divergence"] == pytest.approx(np.log(4))
    lost = modes_covered(np.full((100, 2), 9.0), mixture)
    assert (lost["modes"], lost["quality"]) == (0, 0.0)


def test_presets_are_what_their_names_say():
    assert preset("unrolled-gan-25-gaussians").mixture == Grid()
    assert preset("unrolled-gan-8-gaussians").gan.schedule == Unrolled(5)
