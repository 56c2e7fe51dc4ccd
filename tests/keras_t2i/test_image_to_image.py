"""Runs from picture to picture: SRGAN and Context Encoders from their presets to served models."""

import io
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_t2i.catalogue import preset
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.metrics import results_log
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.pictures import real_pictures
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.prepare import prepare
from keras_t2i.pipelines.sources.bird_maps import BirdMaps
from keras_t2i.tasks.base.fit import fit
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.image_to_image.architectures import SuperResolution
from keras_t2i.tasks.image_to_image.fidelity import fidelity, hole_psnr
from keras_t2i.tasks.image_to_image.rivals import rivals
from keras_t2i.training.run import Run


def tiny(name):
    experiment = preset(name)
    gan = tiny_stage(experiment.gan)
    if hasattr(gan, "first"):
        gan = replace(gan, first=tiny_stage(gan.first))
    return replace(experiment, gan=gan, deterministic=True)


def tiny_stage(stage):
    small = (
        replace(stage.networks, width=8, blocks=1)
        if isinstance(stage.networks, SuperResolution)
        else replace(stage.networks, width=8, max_width=16)
    )
    return replace(
        stage, networks=small, epochs=2, batch_size=6, sample_every=1,
        checkpoint_minutes=0.0, precision="float32",
    )  # fmt: skip


@pytest.fixture(scope="module")
def runs(colour_data, tmp_path_factory):
    made = {}
    for name in ("srgan", "context-encoder"):
        made[name] = Run(tmp_path_factory.mktemp("runs") / name)
        fit(tiny(name), colour_data, made[name])
    return made


def png(array):
    held = io.BytesIO()
    Image.fromarray(array).save(held, "PNG")
    return held.getvalue()


@pytest.fixture(scope="module")
def map_data(tmp_path_factory):
    out = tmp_path_factory.mktemp("data") / "maps"
    prepare(BirdMaps(60), out, 16)
    return out


def test_pix2pix_from_maps_to_birds(map_data, tmp_path):
    run = Run(tmp_path / "run")
    fit(tiny("pix2pix"), map_data, run)
    scores = run.summary("gan")["test"]
    assert set(scores) == {"generator", "given"}
    assert scores["generator"]["l1"] < scores["given"]["l1"]  # a map is far from its bird
    maps = tmp_path / "map.png"
    Image.fromarray(BirdMaps(1).items().__next__().load_given(16)).save(maps)
    (path,) = draw(GenerateOptions(run.path, translate=(maps,), out=tmp_path / "bird.png"))
    assert Image.open(path).size == (16, 16)
    with pytest.raises(InputError, match="--back does not go with"):
        draw(GenerateOptions(run.path, translate=(maps,), back=True, out=tmp_path / "no"))


def test_pictures_that_are_no_pairs(colour_data, tmp_path):
    with pytest.raises(InputError, match="are no pairs; prepare pairs"):
        fit(tiny("pix2pix"), colour_data, Run(tmp_path / "run"))


@pytest.mark.slow
def test_srgan_begins_with_srresnet_as_it_was_trained(runs, colour_data, tmp_path):
    alone, both = Run(tmp_path / "srresnet"), Run(tmp_path / "srgan")
    fit(tiny("srresnet"), colour_data, alone)
    run = runs["srgan"]
    task = run.experiment.task(run, run.data)
    stage = run.experiment.gan
    trained = task.trained(stage.first)
    np.testing.assert_array_equal(
        trained.sample(task.pairs(2)["source"]),
        alone.experiment.task(alone, alone.data).gan.sample(task.pairs(2)["source"]),
    )
    begun = task.build(stage).model
    for generator in (begun.network, begun.average):
        for one, other in zip(generator.variables, trained.average.variables, strict=True):
            np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=one.path)
    ended = task.gan.average.get_weights()
    assert any((a != b).any() for a, b in zip(ended, begun.average.get_weights(), strict=True))
    assert {p.name.rsplit("-", 1)[0] for p in run.samples.glob("*.png")} == {
        "samples", "samples-pretraining",
    }  # fmt: skip
    fit(tiny("srgan"), colour_data, both, reuse=alone)
    assert both.summary("pretraining")["reused_from"] == str(alone.path)


def test_a_generator_cannot_go_on_as_another_network(colour_data, tmp_path):
    experiment = tiny("srgan")
    wider = replace(experiment.gan, networks=replace(experiment.gan.networks, width=16))
    with pytest.raises(InputError, match=r"--gan\.first\.networks must be the same"):
        fit(replace(experiment, gan=wider), colour_data, Run(tmp_path / "run"))


def test_scores_stand_beside_those_of_what_needs_no_learning(runs):
    enlarged = runs["srgan"].summary("gan")["test"]
    assert set(enlarged) == {"generator", "nearest", "bicubic"}
    assert enlarged["bicubic"]["psnr"] > 15
    filled = runs["context-encoder"].summary("gan")["test"]
    assert set(filled) == {"generator", "mean fill"}
    # These pictures are of one colour, with noise of 12 levels: the mean fills as well as can be.
    assert 18 < filled["mean fill"]["hole_psnr"] < 30


def test_translations_are_judged_as_other_pictures_are(runs, tmp_path):
    run = runs["context-encoder"]
    out = evaluate(
        Arguments(run.path, extractor="random", count=6, out=tmp_path / "o", cache=tmp_path / "c")
    )
    assert {"frechet", "precision"} <= {line["name"] for line in results_log.read(out)}
    task = run.experiment.task(run, run.data)
    real = task.unseen
    conditions = Conditions.of_rows(real, "test", np.arange(len(real.images)))
    wanted = np.stack(real_pictures(real, "test").read(conditions.rows))
    near = np.abs(
        task.subject().sample_conditions(conditions, conditions.rows).astype(int) - wanted
    )
    assert near.mean() < np.abs(wanted[::-1].astype(int) - wanted).mean()


def test_files_are_translated(runs, tmp_path):
    folder = tmp_path / "some"
    folder.mkdir()
    for i in range(3):
        Image.new("RGB", (40, 30), (200, 40 * i, 30)).save(folder / f"{i}.png")
    paths = draw(GenerateOptions(runs["srgan"].path, translate=(folder,), out=tmp_path / "large"))
    assert [Image.open(path).size for path in paths] == [(16, 16)] * 3
    (grid,) = draw(
        GenerateOptions(
            runs["srgan"].path, translate=(folder,), grid=True, out=tmp_path / "grid.png"
        )
    )
    assert Image.open(grid).size == (2 * 18 - 2, 3 * 18 - 2)
    with pytest.raises(InputError, match="Give --translate"):
        draw(GenerateOptions(runs["srgan"].path, out=tmp_path / "no"))
    with pytest.raises(InputError, match="no such picture"):
        draw(
            GenerateOptions(
                runs["srgan"].path, translate=(tmp_path / "none.png",), out=tmp_path / "no"
            )
        )
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"--translate .*empty: no pictures in it"):
        draw(
            GenerateOptions(
                runs["srgan"].path, translate=(tmp_path / "empty",), out=tmp_path / "no"
            )
        )
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match=r"letter.txt: is no picture of a format"):
        draw(
            GenerateOptions(
                runs["srgan"].path, translate=(tmp_path / "letter.txt",), out=tmp_path / "no"
            )
        )
    with pytest.raises(InputError, match="Captions do not go with"):
        draw(GenerateOptions(runs["srgan"].path, ("a bird",), out=tmp_path / "no"))


def test_translated_pictures_keep_their_names(runs, tmp_path, capsys):
    some, other = tmp_path / "some [1]", tmp_path / "other"
    names = ("img_2.png", "img_10.png", "deep/er/img_2.png", "a.b.jpg", ".hidden.png")
    for folder, held in ((some, names), (other, ("img_2.webp", "IMG_10.png"))):
        for i, name in enumerate(held):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), (40 * i, 40, 40)).save(folder / name)
    (some / "x.xyz").write_bytes(b"?")
    wish = GenerateOptions(runs["srgan"].path, translate=(some, other / "img_2.webp", other))
    paths = draw(replace(wish, out=tmp_path / "out"))
    found = [path.relative_to(tmp_path / "out").as_posix() for path in paths]
    assert found == [
        "a.b.png", "deep/er/img_2.png", "img_10.png", "img_2.png", "img_2-2.png", "IMG_10-2.png",
        "img_2-3.png",
    ]  # fmt: skip
    assert all(path.exists() for path in paths)
    assert "1 file of other formats left out: .xyz (1)" in capsys.readouterr().err
    alone = draw(replace(wish, translate=(some / "img_10.png",), out=tmp_path / "alone"))
    assert alone == [tmp_path / "alone" / "img_10.png"]
    np.testing.assert_array_equal(Image.open(alone[0]), Image.open(tmp_path / "out/img_10.png"))
    given = (some / "img_10.png").read_bytes()
    with pytest.raises(InputError, match=r"a\.b\.png exists already|img_2\.png exists already"):
        draw(replace(wish, translate=(some,), out=some))  # in the place of the sources
    assert (some / "img_10.png").read_bytes() == given


def test_white_is_the_hole_of_a_file(runs, tmp_path):
    picture = np.full((16, 16, 3), (30, 60, 90), np.uint8)
    picture[4:12, 4:12] = 255
    Image.fromarray(picture).save(tmp_path / "holed.png")
    (path,) = draw(
        GenerateOptions(runs["context-encoder"].path, translate=(tmp_path / "holed.png",),
                out=tmp_path / "filled.png")
    )  # fmt: skip
    filled = np.asarray(Image.open(path)).astype(int)
    assert np.abs(filled[:4] - picture[:4]).max() <= 1  # what was given stays
    assert np.abs(filled[4:12, 4:12] - 255).min() > 0


def test_the_served_models_do_the_same(runs, tmp_path):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    served = tf.saved_model.load(str(export(runs["srgan"], tmp_path / "srgan"))).signatures
    drawn = served["translate"](image_bytes=tf.constant([png(small)]))["image_bytes"].numpy()
    task = runs["srgan"].experiment.task(runs["srgan"], runs["srgan"].data)
    expected = task.sampler.translate(small[None].astype("float32") / 127.5 - 1)
    found = tf.io.decode_png(drawn[0]).numpy().astype(int)
    assert np.abs(found - expected[0]).max() <= 1
    run = runs["context-encoder"]
    served = tf.saved_model.load(str(export(run, tmp_path / "filling"))).signatures
    picture = np.full((16, 16, 3), (30, 60, 90), np.uint8)
    mask = np.zeros((16, 16, 3), np.uint8)
    mask[4:12, 4:12] = 255
    drawn = served["complete"](
        image_bytes=tf.constant([png(picture)]), mask_bytes=tf.constant([png(mask)])
    )["image_bytes"].numpy()
    found = tf.io.decode_png(drawn[0]).numpy().astype(int)
    assert np.abs(found - picture)[mask == 0].max() <= 1


def test_fidelity_of_known_pictures():
    real = np.random.default_rng(0).integers(40, 200, (3, 16, 16, 3), dtype=np.uint8)
    same, off = fidelity(real, real), fidelity(real + np.uint8(10), real)
    assert (same["psnr"], same["l1"]) == (100.0, 0.0)
    assert same["ssim"] == pytest.approx(1.0)
    assert off["psnr"] == pytest.approx(10 * np.log10(255**2 / 100), abs=1e-3)
    assert off["l1"] == 10.0
    mask = np.zeros((3, 16, 16))
    mask[:, :4, :4] = 1
    changed = real.copy()
    changed[:, :4, :4] += 5
    assert hole_psnr(changed, real, mask) == pytest.approx(10 * np.log10(255**2 / 25), abs=1e-3)
    assert hole_psnr(real, real, mask) == 100.0


def test_rivals_need_no_learning():
    small = np.linspace(-1, 1, 2 * 4 * 4 * 3).reshape(2, 4, 4, 3).astype("float32")
    found = rivals(small, 16)
    assert {k: v.shape for k, v in found.items()} == dict.fromkeys(
        ("nearest", "bicubic"), (2, 16, 16, 3)
    )
    assert {k: v.shape for k, v in rivals(small, 4).items()} == {"given": (2, 4, 4, 3)}


def test_a_factor_must_be_a_power_of_two(colour_data, tmp_path):
    experiment = tiny("srresnet")
    wrong = replace(experiment.gan, networks=SuperResolution(3))
    with pytest.raises(InputError, match="power of two"):
        fit(replace(experiment, gan=wrong), colour_data, Run(tmp_path / "run"))
