import json
import re
import textwrap
from pathlib import Path

import pytest

from keras_t2i.adversarial.losses import Hinge
from keras_t2i.commands.fit import parse
from keras_t2i.components.values import differences, from_json, to_json
from keras_t2i.pipelines.errors import InputError
from keras_t2i.presets import PRESETS, preset


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_json(name):
    experiment = preset(name)
    assert experiment.name == name
    assert from_json(json.loads(json.dumps(to_json(experiment)))) == experiment


def test_the_readme_combines_what_is_there(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = []
    monkeypatch.setattr("keras_t2i.fit.fit", lambda *words: asked.append(words))
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    exec(textwrap.dedent(block), {})
    ((experiment, _, run),) = asked
    assert experiment.gan.loss == Hinge()
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
    experiment, options = parse(
        ["gan-int-cls", "--gan.pairs", "12", "--gan.joint-dim", "3", "--run", "there"]
    )
    assert experiment.name == "gan-int-cls"
    assert (experiment.gan.pairs, experiment.gan.joint_dim) == (12, 3)
    assert str(options.run) == "there"


def test_no_arguments_is_the_demo():
    assert parse([])[0] == preset("self-attention-gan-demo")


def test_unknown_preset_names_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'self-attention-gan'"):
        preset("self-atention-gan")
