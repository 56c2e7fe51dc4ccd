"""Folders whose names TensorFlow takes for patterns, and names that are no UTF-8."""

import importlib.util
import os
import shlex
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import keras
import numpy as np
import pytest

from keras_t2i.commands.export import export
from keras_t2i.commands.generate import draw
from keras_t2i.loading import load
from keras_t2i.metrics import results_log
from keras_t2i.metrics.extractors.finding import find_extractor
from keras_t2i.metrics.protocols import Score
from keras_t2i.metrics.scoring import Measurement
from keras_t2i.pipelines import prepare
from keras_t2i.pipelines.command import run
from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.pattern_free import pattern_free
from keras_t2i.tasks.base.options import GenerateOptions
from serving.errors import ServingError
from serving.settings import ModelSettings

NAMES = ("best [1]", "back\\slash", "star*", "ask?", "ü {1,2} 鸟")


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_model_loads_from_a_folder_of_any_name(exported, tmp_path, name):
    place = copytree(exported.parent, tmp_path / name)
    pictures = load(place).generate("a red picture", seed=7)
    np.testing.assert_array_equal(pictures, load(exported).generate("a red picture", seed=7))


def test_export_and_generate_write_to_a_folder_of_any_name(trained, tmp_path):
    version = export(trained, tmp_path / NAMES[0])
    assert (version / "assets.extra" / "tf_serving_warmup_requests").stat().st_size > 0
    assert [path.name for path in version.parent.iterdir()] == ["1"]
    place = tmp_path / NAMES[1] / "deep"
    (path,) = draw(GenerateOptions(trained.path, ("a red picture",), out=place))
    assert path == place / "00000.png"
    assert path.exists()


@pytest.mark.parametrize("name", NAMES)
def test_an_extractor_loads_from_a_folder_of_any_name(tmp_path, name):
    network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    network.export(tmp_path / name, verbose=False)
    found = find_extractor(str(tmp_path / name), (0.0, 1.0))
    assert found(np.zeros((1, 8, 8, 3), "float32"))["features"].shape == (1, 192)


def test_a_path_is_given_as_it_is_where_it_is_no_pattern(tmp_path):
    with pattern_free(tmp_path) as same:
        assert same == tmp_path
    (tmp_path / NAMES[0]).mkdir()
    with pattern_free(tmp_path / NAMES[0]) as link:
        assert link.resolve() == (tmp_path / NAMES[0]).resolve()
        assert not set("[]\\") & set(str(link))
    assert not link.exists()
    assert (tmp_path / NAMES[0]).exists()


@pytest.mark.parametrize("name", ["best [bold] 1", "a[/b]", "[red]"])
def test_tables_show_brackets_in_names(tmp_path, capsys, monkeypatch, name):
    scored = [Measurement(name, None, Score(name, 1.0, "protocol"))]
    results_log.show(scored)
    assert capsys.readouterr().out.count(name) >= 2
    monkeypatch.setattr(sys, "argv", ["prepare", "faces", "--out", str(tmp_path / name)])
    monkeypatch.setattr(prepare, "prepare", lambda *_, **__: DatasetInfo("faces", "", 8, 8))
    monkeypatch.setattr(prepare, "__spec__", importlib.util.find_spec(prepare.__name__))
    prepare.main()
    title, _, rest = capsys.readouterr().out.partition("┏")
    assert name.replace(" ", "") in "".join(title.split())  # broken into lines
    assert f"--data {shlex.quote(str(tmp_path / name))} --run" in rest


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_server_refuses_a_folder_from_which_no_server_loads(tmp_path, name):
    with pytest.raises(ServingError, match="for a pattern; give a link without them"):
        ModelSettings("model", tmp_path / name)


def test_the_server_says_so_at_once(exported, tmp_path):
    place = copytree(exported.parent, tmp_path / NAMES[0])
    words = [sys.executable, "-m", "serving", f"--model_base_path={place}"]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode != 0
    assert "TensorFlow takes [ and" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_run_and_data_behind_links(trained, tmp_path):
    (tmp_path / "run").symlink_to(trained.path)
    (tmp_path / "out").symlink_to(tmp_path / "far", target_is_directory=True)
    (tmp_path / "far").mkdir()
    one = GenerateOptions(tmp_path / "run", ("a red picture",), out=tmp_path / "out" / "a.png")
    assert draw(one) == [tmp_path / "out" / "a.png"]
    assert (tmp_path / "far" / "a.png").exists()


def test_words_that_are_not_utf_8_are_refused_before_any_work(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["prepare", "--source", os.fsdecode(b"Stra\xdfe")])
    with pytest.raises(SystemExit) as ended:
        run(lambda: pytest.fail("work began"))
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(
        "error: Stra\\xdfe: is not UTF-8; write texts in UTF-8"
    )


def test_a_working_folder_that_is_not_utf_8_is_refused(monkeypatch, capsys, tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["prepare"])
    with pytest.raises(SystemExit):
        run(lambda: pytest.fail("work began"))
    assert "caf\\xe9: is not UTF-8" in capsys.readouterr().err
