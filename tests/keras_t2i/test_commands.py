"""Faults that a user met in the commands, and what is new in them."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import keras_t2i
from keras_t2i.adversarial.augmentation import Cutout, Translation
from keras_t2i.catalogue import preset
from keras_t2i.commands.fit import exported, parse
from keras_t2i.components.bounds import check_numbers
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.errors import NonFiniteLoss
from keras_t2i.training.reuse import reusable
from keras_t2i.training.run import Run, read_json
from tests.tiny_run import tiny

_ROOT = Path(__file__).parents[2]


def command(*words, cwd, seconds=240):
    """A command in a process of its own, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False,
        timeout=seconds, env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )  # fmt: skip


def test_a_second_export_folder_gets_the_model_too(trained, tmp_path):
    """The note of the first export used to win over `--export`."""
    shutil.copytree(trained.path, tmp_path / "run")
    task = keras_t2i.load(tmp_path / "run")
    first = exported(task, tmp_path / "one")
    assert exported(task, tmp_path / "one") == first
    second = exported(task, tmp_path / "two")
    assert second.parent == (tmp_path / "two").resolve()
    assert (second / "saved_model.pb").exists()


def test_reuse_is_refused_where_there_is_nothing_to_take(trained, tmp_path):
    """An experiment without data used to end in an AttributeError."""
    points = preset("gan-8-gaussians")
    with pytest.raises(InputError, match="needs no data and has one stage"):
        reusable(points, None, trained)
    other = Run(tmp_path / "points")
    other.open(points)
    with pytest.raises(InputError, match="gan-8-gaussians needs no data"):
        reusable(tiny(), trained.info, other)


def test_a_start_that_was_killed_before_its_last_file_gives_way(colour_data, tmp_path):
    info = DatasetInfo.load(colour_data)
    run = Run(tmp_path / "run")
    run.open(tiny(), info, colour_data)
    (run.path / "experiment.json").unlink()
    run.open(tiny(), info, colour_data)
    assert run.experiment == tiny()
    (run.path / "experiment.json").unlink()
    (run.path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="neither empty nor a run"):
        run.open(tiny(), info, colour_data)


def test_a_vocabulary_is_written_whole(trained, tmp_path, monkeypatch):
    """A kill in the middle of the writing must not leave a shorter one."""
    tokenizer = keras_t2i.load(trained.path).tokenizer
    tokenizer.save(tmp_path)
    before = (tmp_path / tokenizer.file_name).read_text()

    def killed(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_vocabulary(tokenizer, tmp_path)
    assert (tmp_path / tokenizer.file_name).read_text() == before


def replace_vocabulary(tokenizer, folder):
    shorter = type(tokenizer)(tokenizer.vocabulary[:6], tokenizer.length)
    shorter.save(folder)


def test_a_loss_that_is_no_number_advises_by_the_stage_that_failed(colour_data, tmp_path):
    """It used to advise `--gan.precision` whichever stage failed."""
    experiment = tiny()
    broken = replace(experiment, encoder=replace(experiment.encoder, learning_rate=1e38))
    with pytest.raises(NonFiniteLoss, match=r"options --encoder\."):
        fit(broken, colour_data, Run(tmp_path / "run"))


def test_options_are_named_where_a_stage_stands():
    pyramid, stacked = preset("lapgan-demo"), preset("stack-gan-demo")
    assert pyramid.place_of(pyramid.levels[1]) == "levels.1"
    assert stacked.place_of(stacked.gan.first) == "gan.first"
    assert stacked.place_of(stacked.gan) == "gan"


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("gan", "--gan.width"),
        ("gan", "--gan.critic-normalized"),
        ("info-gan", "--gan.noise-dim"),
        ("stack-gan", "--gan.generator-channels"),
        ("stack-gan", "--gan.latent-dim"),
    ],
)
def test_options_that_did_nothing_are_gone(name, option, capsys):
    with pytest.raises(SystemExit):
        parse([name, option, "3"])
    assert option in capsys.readouterr().err


def test_shares_end_at_one():
    """They used to be known by the names of their fields, and a cutout of five sides passed."""
    check_numbers(Cutout(1.0))
    for wrong in (Cutout(5.0), Translation(3.0)):
        with pytest.raises(InputError, match=r"--ratio must be at most 1"):
            check_numbers(wrong)


_MINE = """
from dataclasses import replace
import keras_t2i
from keras_t2i.adversarial.losses import Hinge
from keras_t2i.catalogue import preset

@keras_t2i.component
class Halved(Hinge):
    factor: float = 0.5

    def fake(self, logits):
        return self.factor * super().fake(logits)

def mine():
    points = preset("gan-8-gaussians")
    gan = replace(points.gan, loss=Halved(), steps=4, interval=2, sample_every=2)
    return replace(points, name="mine", gan=gan)

keras_t2i.register_preset("mine", mine)
"""


def test_a_component_of_a_users_own_goes_through_every_command(tmp_path):
    (tmp_path / "mine.py").write_text(_MINE)
    own = ("--import", "mine.py")
    made = command("keras_t2i.fit", "mine", *own, "--gan.loss.factor", "0.25", cwd=tmp_path)
    assert made.returncode == 0, made.stderr[-2000:]
    held = read_json(tmp_path / "runs/mine/experiment.json")["experiment"]
    assert held["gan"]["loss"] == {"class": "Halved", "factor": 0.25}
    drawn = command("keras_t2i.generate", "runs/mine", "--out", "a.png", *own, cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr[-2000:]
    without = command("keras_t2i.export", "runs/mine", "--out", "models", cwd=tmp_path)
    assert without.returncode == 2
    assert "No component is called 'Halved'" in without.stderr
    assert "--import my_file.py" in without.stderr
    assert "Traceback" not in without.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--import", "nowhere.py"), "--import nowhere.py: no such file"),
        (("--import", "broken.py"), "--import broken.py: ZeroDivisionError: division by zero"),
        (("--import",), "--import takes a file"),
    ],
)
def test_a_file_that_cannot_be_imported_is_named(words, message, tmp_path):
    (tmp_path / "broken.py").write_text("1 / 0\n")
    told = command("keras_t2i.generate", "runs/x", *words, cwd=tmp_path)
    assert told.returncode == 2
    assert message in told.stderr
    assert "Traceback" not in told.stderr


def test_one_command_names_all(tmp_path):
    told = command("keras_t2i", "--help", cwd=tmp_path)
    assert told.returncode == 0
    for name in ("prepare", "fit", "generate", "evaluate", "compare", "export", "serve", "studio"):
        assert f"  {name} " in told.stdout
    wrong = command("keras_t2i", "trian", cwd=tmp_path)
    assert wrong.returncode == 2
    helped = command("keras_t2i", "export", "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "--out" in helped.stdout


def test_importing_the_package_loads_nothing():
    code = (
        "import sys, json, keras_t2i; dir(keras_t2i);"
        "heavy = {'tensorflow', 'keras', 'numpy', 'PIL', 'tyro'} & set(sys.modules);"
        "keras_t2i.presets(); print(json.dumps([sorted(heavy), 'tensorflow' in sys.modules]))"
    )
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    assert json.loads(child.stdout) == [[], False]


def test_what_cannot_be_loaded_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"neither a run folder .* Models by name: cub10-birds"):
        keras_t2i.load("nowhere")


def test_a_model_of_saved_models_is_loaded_by_its_name(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = keras_t2i.load(trained.path)
    task.export("saved_models/colours")
    model = keras_t2i.load("colours")
    one = task.generate(["this is red", "this is blue"], seeds=[4, 5], truncation=0.5)
    other = model.generate(["this is red", "this is blue"], seeds=[4, 5], truncation=0.5)
    assert np.abs(one.astype(int) - other).max() <= 3
    ends = ("this is red", "this is blue")
    between = [each.interpolate(*ends, steps=3, seed=2).astype(int) for each in (task, model)]
    assert np.abs(between[0] - between[1]).max() <= 3
    np.testing.assert_allclose(task.encode(ends), model.encode(ends), atol=1e-4)
    assert task.attention("this is red").size[0] > 50
    with pytest.raises(InputError, match="as many as texts, 2"):
        task.generate(list(ends), seeds=[1, 2, 3])
    with pytest.raises(InputError, match=r"truncation must lie in \[0, 1\]"):
        model.generate("this is red", truncation=2.0)
    with pytest.raises(InputError, match="does not offer `translate`; it offers"):
        task.translate(["a.png"])


@pytest.mark.parametrize(
    "module", ["keras_t2i.fit", "keras_t2i.pipelines.prepare", "keras_t2i.serving"]
)
def test_other_peoples_pipelines_and_serving_do_no_harm(module, tmp_path):
    """Packages of these names that come first on the path are never imported."""
    for name in ("pipelines", "serving"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('somebody else')\n")
    told = command(module, "--help", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "somebody else" not in told.stderr


def test_nothing_is_installed_under_another_name():
    from setuptools import find_packages

    config = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    names = find_packages(str(_ROOT), include=config["packages"]["find"]["include"])
    assert {"keras_t2i.pipelines.sources", "keras_t2i.serving.rest"} <= set(names)
    assert {name.split(".")[0] for name in names} == {"keras_t2i"}


@pytest.mark.parametrize("package", ["keras_t2i", "pipelines", "serving"])
def test_ctrl_c_while_a_command_is_imported_ends_it_without_a_traceback(package):
    """`python -m` imports the package before the command's own module can handle anything."""
    code = (
        "import signal, sys; sys.argv = ['-m']; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # nohup would ignore it
        "import {0}; "
        "assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL; "
        "from keras_t2i.pipelines.command import run; "
        "run(lambda: print(signal.getsignal(signal.SIGINT) is signal.default_int_handler))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-c", code.format(package)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "True\n", done.stderr
    ignored = [sys.executable, "-c", "import signal, sys; sys.argv = ['-m']; "
               "signal.signal(signal.SIGINT, signal.SIG_IGN); import " + package + "; "
               "print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"]  # fmt: skip
    done = subprocess.run(ignored, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout == "True\n", done.stderr  # as nohup wants it
