import dataclasses
import json
import subprocess
import sys
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


def test_a_run_and_its_export_draw_alike(trained, tmp_path):
    run = keras_t2i.load(trained.path)
    images = run.generate("this is red", seed=7)
    assert images.shape == (1, 16, 16, 3)
    assert len(run.generate(["this is red", "this is blue"], seeds=[1, 2], truncation=0.7)) == 2
    line = run.interpolate("this is red", "this is blue", steps=8)
    assert len(line) == 8
    np.testing.assert_array_equal(line[0], run.generate("this is red")[0])
    run.export(tmp_path / "model")
    served = keras_t2i.load(tmp_path / "model").generate("this is red", seed=7).astype(int)
    assert np.abs(served - images).max() <= 3


def test_a_changed_preset_is_stored_as_it_is(tmp_path):
    dcgan = preset("dcgan-demo")
    hinge = dataclasses.replace(dcgan, gan=dataclasses.replace(dcgan.gan, loss=Hinge()))
    run = Run(tmp_path / "run")
    run.open(hinge, None, None)
    assert run.experiment == hinge
    assert run.experiment.gan.loss == Hinge()


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
    with pytest.raises(InputError, match=r"experiment.seed must be a whole number. Received: '1'"):
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


def test_every_component_of_the_package_is_known_to_a_reader_of_runs():
    """Also one that no preset has: a run may have it, or have been trained when a preset had."""
    package = Path(keras_t2i.__file__).parent
    modules = {
        ".".join(("keras_t2i", *file.relative_to(package).with_suffix("").parts))
        for file in package.rglob("*.py")
        if "\n@component\n" in file.read_text()
    }
    listed = "import sys, keras_t2i.catalogue; print(*sys.modules, sep='\\n')"
    found = subprocess.run(
        [sys.executable, "-c", listed], capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(modules) > 40
    assert modules <= set(found)
