"""What every task's stages ask of the data: refused by dataset.json alone, before TensorFlow."""

import subprocess
import sys
from dataclasses import replace

import pytest

from keras_t2i.catalogue import PRESETS, preset
from keras_t2i.pipelines.dataset_info import DatasetInfo, SplitInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.paired import Downsample
from keras_t2i.pipelines.records import Attribute
from keras_t2i.tasks.base.checks import check_data, check_experiment
from keras_t2i.tasks.image_to_image.architectures import Inpainting
from keras_t2i.tasks.image_to_image.terms import HoleReconstruction
from keras_t2i.tasks.text_to_image.terms import ConditioningDivergence
from keras_t2i.training.optimizers import Adam
from tests.small import with_given_files


def info(side=64, pictures=100, captions=300, classes=4, **fields):
    """A data set that every preset of pictures takes, or one that lacks something."""
    train = SplitInfo(pictures, captions, {}, classes)
    return DatasetInfo(
        "made up", "CC0", side, side + 12, splits={"train": train},
        **{"classes": tuple("abcd"), "paired": True,
           "attributes": (Attribute("body colour", ("red", "blue")),), **fields},
    )  # fmt: skip


def side_of(experiment):
    """The side that a preset's networks are made for; any, if it is a power of two."""
    return getattr(experiment.stages[-1], "generator_side", 64)


_OF_PICTURES = [
    name for name in PRESETS if preset(name).needs_data and preset(name).data_kind == "pictures"
]


@pytest.mark.parametrize("name", _OF_PICTURES)
def test_a_preset_takes_data_of_its_side_and_refuses_another(name):
    experiment = with_given_files(preset(name))
    experiment.check_data(info(side_of(experiment)))
    if name == "label-classifier":  # which takes pictures of any side
        return
    with pytest.raises(InputError, match=r"[Ss]ide|size|Received"):
        experiment.check_data(info(50))


@pytest.mark.parametrize(
    ("name", "lacking", "message"),
    [
        ("small-birds", {"side": 32, "captions": 0}, "have no captions"),
        ("self-attention-gan-demo", {"classes": 1}, "two classes at least, or none"),
        ("small-birds", {"side": 32, "pictures": 1}, "two pictures at least. Received: 1"),
        ("gan-int-cls-characters-demo", {"classes": 1}, "or set by-picture of the encoder"),
        ("stack-gan-demo", {"side": 128, "classes": 1}, "mismatched-by-picture of the stage"),
        ("psc-gan-demo", {"attributes": ()}, "have no labels"),
        ("vanilla-gan", {"attributes": ()}, "have no labels"),
        ("label-classifier", {"attributes": ()}, "have no labels"),
        ("pix2pix-demo", {"paired": False}, "are no pairs; prepare pairs"),
        ("srgan-demo", {"side": 8}, "side must be at least 11"),
        ("context-encoder-demo", {"side": 12}, "power of two, at least 8"),
        ("cycle-gan-demo", {"attributes": ()}, "no class or label 'body colour: red'"),
        ("gan-demo", {"side": 24}, "needs pictures of a multiple of it. Received: 24"),
        ("lapgan-demo", {"side": 128}, r"must double up to the data's side, 128: \[32, 64, 128\]"),
    ],
)
def test_data_that_lack_something_are_refused(name, lacking, message):
    with pytest.raises(InputError, match=message):
        preset(name).check_data(info(**lacking))


def test_one_class_will_do_where_any_other_picture_is_a_mismatch():
    experiment = preset("self-attention-gan-demo")
    with pytest.raises(InputError, match="two classes"):
        experiment.check_data(info(classes=1))
    gan = replace(experiment.gan, mismatched_by_picture=True)
    replace(experiment, gan=gan).check_data(info(classes=1))


def test_the_nearest_domain_is_named():
    experiment = replace(preset("cycle-gan-demo"), domain_a="body colour: rod")
    with pytest.raises(InputError, match="Did you mean 'body colour: red'"):
        experiment.check_data(info())


@pytest.mark.parametrize(
    ("name", "gan", "message"),
    [
        ("small-birds", {"generator_terms": (ConditioningDivergence(),)},
         "needs conditions that are drawn, which the stage does not have"),
        ("pix2pix-demo", {"generator_terms": (HoleReconstruction(),)},
         "HoleReconstruction of the stage `gan` needs pictures with holes"),
        ("pix2pix-demo", {"networks": Inpainting()}, "Inpainting of the stage `gan` needs"),
        ("srgan-demo", {"generator_optimizer": Adam(held=0.5)}, "A rate that falls"),
        ("cycle-gan-demo", {"pool": 1, "batch_size": 2}, "The pool must hold a batch, 2"),
        ("stack-gan-demo", {"standardize": False}, "Both stages must have the same"),
        ("dcgan-demo", {"loss": "hinge"}, "gan.loss must be an object of AdversarialLoss"),
        ("dcgan-demo", {"epochs": 2.5}, "gan.epochs must be a whole number. Received: 2.5"),
        ("dcgan-demo", {"epochs": True}, "gan.epochs must be a whole number. Received: True"),
        ("dcgan-demo", {"precision": "half"}, "gan.precision must be one of auto, float32"),
        ("gan-demo", {"generator_widths": 12}, "must be a tuple of whole numbers. Received: 12"),
        ("dcgan-demo", {"generator_optimizer": Adam(rate="1")},
         "gan.generator_optimizer.rate must be a number. Received: '1'"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_without_data(name, gan, message):
    experiment = preset(name)
    wrong = replace(experiment, gan=replace(experiment.gan, **gan))
    with pytest.raises(InputError, match=message):
        check_experiment(wrong)


def test_the_sources_and_the_networks_must_agree():
    experiment = replace(preset("srgan-demo"), degradation=Downsample(2))
    with pytest.raises(InputError, match="makes pictures of side 128 of the sources"):
        experiment.check_data(info())
    gan = replace(experiment.gan, networks=replace(experiment.gan.networks, factor=3))
    gan = replace(gan, first=replace(gan.first, networks=gan.networks))
    with pytest.raises(InputError, match=r"must be a power of two, at least 2\. Received: 3"):
        check_experiment(replace(experiment, gan=gan))


def test_a_batch_larger_than_the_data_is_told(colour_data, capsys):
    experiment = preset("dcgan-demo")
    check_data(replace(experiment, gan=replace(experiment.gan, batch_size=30)), colour_data)
    assert capsys.readouterr().err == ""
    check_data(replace(experiment, gan=replace(experiment.gan, batch_size=64)), colour_data)
    assert "gan: a step takes 64 rows, and the data have 30 to train on" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [None, 5, {"name": "dcgan"}])
def test_what_is_no_experiment_is_refused(wrong):
    with pytest.raises(InputError, match="must be a preset's name, or an object such as"):
        check_experiment(wrong)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pix2pix-demo"], "are no pairs; prepare pairs"),
        (["stack-gan-demo"], "with a generator of 64 pixels"),
        (["dcgan-demo", "--gan.epochs", "0"], "--gan.epochs must be at least 1"),
        (["dcgan-demo", "--watch.every", "-3"], "--watch.every must be at least 0. Received: -3"),
        (["dcgan-demo", "--watch.every", "1", "--watch.extractor", "nowhere.npz"],
         "--watch.extractor nowhere.npz: no such file"),
        (["dcgan-demo", "--watch.every", "1", "--watch.extractor", "random", "--watch.split",
          "tset"], "--watch.split tset: the data have test, train. Did you mean 'test'?"),
        (["dcgan-demo", "--export", "file/x"], "--export file/x: cannot be made"),
        (["dcgan-demo", "--run", "file/x"], "--run file/x: cannot be made"),
        (["dcgan-demo", "--run", "/proc/x"], "--run /proc/x: cannot be written"),
        (["dcgan-demo", "--export", "own"], "--export own holds other files"),
        (["dcgan-demo", "--run", "a" * 300], "File name too long"),
    ],
)  # fmt: skip
def test_it_is_told_before_tensorflow_is_loaded(words, message, tmp_path, colour_data):
    (tmp_path / "file").write_text("")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter.txt").write_text("")
    code = (
        "import sys; from keras_t2i.commands.main import main\n"
        "try: main()\nfinally: print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", *words, "--data", str(colour_data)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "False\n"), done.stderr
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()
