import json
import re
import textwrap
from pathlib import Path

import numpy as np
import pytest

import keras_t2i
from keras_t2i.adversarial.losses import Hinge
from keras_t2i.catalogue import PRESETS, preset
from keras_t2i.commands.fit import parse
from keras_t2i.components.values import differences, from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.run import Run


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_json(name):
    experiment = preset(name)
    assert experiment.name == name
    assert from_json(json.loads(json.dumps(to_json(experiment)))) == experiment


def readme_blocks():
    """README's blocks of Python."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    return [textwrap.dedent(b) for b in re.findall(r"```python\n(.*?)```", readme, re.DOTALL)]


def test_the_readme_draws(trained, monkeypatch, tmp_path):
    """Its object, on a run that knows other words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "birds").symlink_to(trained.path)
    drawn, _ = readme_blocks()
    held = {}
    words = {"a small red bird": "this is red", "a red bird": "this is red"}
    for bird, word in {**words, "a blue bird": "this is blue"}.items():
        drawn = drawn.replace(f'"{bird}"', f'"{word}"')
    exec(drawn, held)
    assert held["images"].shape == (1, 16, 16, 3)
    assert (len(held["more"]), len(held["line"])) == (2, 8)
    np.testing.assert_array_equal(held["line"][0], held["birds"].generate("this is red")[0])
    served = held["served"].generate("this is red", seed=7).astype(int)
    assert np.abs(served - held["images"]).max() <= 3


def test_the_readme_combines_what_is_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr(keras_t2i, "fit", lambda *words, **named: asked.append((words, named)))
    _, combined = readme_blocks()
    exec(combined, {})
    (((experiment,), named),) = asked
    assert experiment.gan.loss == Hinge()
    assert named == {"data": "data/birds", "run": "runs/hinge"}
    run = Run(tmp_path / "run")
    run.open(experiment, None, None)
    assert run.experiment == experiment


def test_differences_name_each_field():
    old = to_json(preset("self-attention-gan"))
    new = to_json(preset("self-attention-gan-literal"))
    lines = "\n".join(differences(old, new))
    assert 'name: "self-attention-gan" -> "self-attention-gan-literal"' in lines
    assert "gan.joint_dim: 512 -> 0" in lines
    assert differences(old, old) == []


def test_unknown_classes_and_fields_are_refused():
    value = to_json(preset("self-attention-gan"))
    with pytest.raises(InputError, match="no_such"):
        from_json({**value, "no_such": 1})
    with pytest.raises(InputError, match=r"No component is called 'Nothing'.*--import"):
        from_json({"class": "Nothing"})
    with pytest.raises(
        InputError, match=r"experiment.seed must be a whole number. Received: \"1\""
    ):
        from_json({**value, "seed": "1"})


def test_command_line_overrides_fields():
    experiment, options, start = parse(
        ["gan-int-cls", "--gan.pairs", "12", "--gan.joint-dim", "3", "--run", "there"]
    )
    assert experiment.name == "gan-int-cls"
    assert (experiment.gan.pairs, experiment.gan.joint_dim) == (12, 3)
    assert str(options.run) == "there"
    assert start is None


def test_no_arguments_is_the_demo():
    assert parse([])[0] == preset("small-birds")


def test_unknown_preset_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'self-attention-gan'"):
        preset("self-atention-gan")
