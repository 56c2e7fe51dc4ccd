"""The delivery as a Kubeflow pipeline: compiled, and run on this machine by kfp itself."""

import sys

import pytest
import yaml

from keras_t2i.commands.kubeflow import compiled
from keras_t2i.exporting import lineage
from keras_t2i.pipelines.errors import InputError


def test_a_pipeline_is_compiled(tmp_path):
    pytest.importorskip("kfp")
    (pipeline,) = yaml.safe_load_all(compiled("me/keras-t2i:1", tmp_path / "a.yaml").read_text())
    executors = pipeline["deploymentSpec"]["executors"]
    assert {each["container"]["image"] for each in executors.values()} == {"me/keras-t2i:1"}
    tasks = pipeline["root"]["dag"]["tasks"]
    needs = {name: sorted(task.get("dependentTasks", ())) for name, task in tasks.items()}
    assert needs == {
        "prepare": [],
        "fit": ["prepare"],
        "evaluate": ["fit", "prepare"],
        "push": ["evaluate", "fit", "prepare"],
    }
    cached = {
        name: task["cachingOptions"].get("enableCache", False) for name, task in tasks.items()
    }
    assert cached == {"prepare": True, "fit": True, "evaluate": True, "push": False}


def test_what_cannot_be_compiled_is_told(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"must end in \.yaml"):
        compiled("image", tmp_path / "pipeline.json")
    monkeypatch.setitem(sys.modules, "kfp", None)
    with pytest.raises(InputError, match=r"pip install 'keras-t2i\[kubeflow\]'"):
        compiled("image", tmp_path / "pipeline.yaml")


@pytest.mark.slow
def test_kfp_runs_the_pipeline(tmp_path, monkeypatch):
    local = pytest.importorskip("kfp.local")
    from keras_t2i.commands.kubeflow_pipeline import delivery

    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "out"))
    words = {
        "prepare_words": "birds --image-size 16 --pictures 60",
        "fit_words": "dcgan-demo --gan.epochs 1",
        "evaluate_words": "--extractor random --count 24",
    }
    models = tmp_path / "models"
    ran = delivery("no-image")(models=str(models), **words)
    assert ran.output == str(models / "1")
    (record,) = lineage.read(models)
    assert record["decision"] == "published"
    with pytest.raises(RuntimeError, match="push"):
        delivery("no-image")(
            models=str(models), **words | {"fit_words": "dcgan-demo --gan.epochs 1 --seed 1"},
            push_words="--at-most frechet=0.001",
        )  # fmt: skip
    assert lineage.read(models)[-1]["decision"] == "refused"
    assert [path.name for path in models.glob("[0-9]*")] == ["1"]
