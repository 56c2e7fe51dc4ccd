"""Publishing a run: blessed or refused, recorded, and whole whatever happens."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from keras_t2i.commands import push as command
from keras_t2i.commands.export import export
from keras_t2i.commands.push import Arguments, Evaluation, push
from keras_t2i.delivery.blessing import Refused
from keras_t2i.delivery.versions import card, fingerprint, versions
from keras_t2i.exporting import lineage
from keras_t2i.metrics import results_log
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import Attribute, DatasetInfo, write_dataset
from keras_t2i.training.run import Run
from tests.conftest import COLOURS, colour_records

RANDOM = Evaluation(extractor="random", count=24)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path_factory.getbasetemp() / "push-cache"))


def asked(run, to, **options):
    return Arguments(run, to=to, evaluation=RANDOM, **options)


def decisions(models):
    return [(each["version"], each["decision"]) for each in lineage.read(models)]


def score_of(record):
    (line,) = record["scores"]
    return line["value"]


def test_a_worse_model_is_refused_and_a_better_one_takes_its_place(
    one_step, longer, tmp_path, monkeypatch, capsys
):
    models = tmp_path / "models"
    assert push(asked(one_step, models)) == models / "1"
    assert push(asked(longer, models)) == models / "2"
    first, second = lineage.read(models)
    assert (first["run"], first["replaces"], first["served_scores"]) == (one_step.name, None, None)
    assert (second["run"], second["replaces"], second["step"]) == (longer.name, 1, 120)
    assert second["served_scores"] == first["scores"]
    assert score_of(second) < score_of(first)
    before = sorted(models.iterdir())
    words = [str(one_step), "--to", str(models), "--extractor", "random", "--count", "24"]
    monkeypatch.setattr(sys, "argv", ["push", *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 3
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last == (
        f"refused: {one_step} is not published in {models}: frechet {score_of(first):.4g} is "
        f"worse than the served {score_of(second):.4g} (lower is better, tolerance 0). "
        "Nothing was exported."
    )
    assert sorted(models.iterdir()) == before
    assert decisions(models) == [(1, "published"), (2, "published"), (None, "refused")]
    worse = score_of(first) / score_of(second) - 1
    with pytest.raises(Refused):
        push(asked(one_step, models, tolerance=0.9 * worse))
    assert push(asked(one_step, models, tolerance=min(1.1 * worse, 1))) == models / "3"


def test_a_first_push_may_have_a_limit(one_step, tmp_path):
    models = tmp_path / "models"
    with pytest.raises(Refused, match=r"frechet \S+ is more than --at-most 1\.$"):
        push(asked(one_step, models, at_most=("frechet=1",)))
    assert versions(models) == {}
    # The record of the refusal alone does not keep the folder from taking a version.
    assert push(asked(one_step, models, at_most=("frechet=1000",))) == models / "1"
    with pytest.raises(Refused, match="is less than --at-least 1000"):
        push(asked(one_step, tmp_path / "others", at_least=("frechet=1000",)))


def test_scores_are_measured_once_and_those_of_a_plain_export_by_the_same_protocol(
    one_step, longer, tmp_path, capsys
):
    models = tmp_path / "models"
    export(Run(longer), models)
    with pytest.raises(Refused, match="is worse than the served"):
        push(asked(one_step, models))
    assert f"{models / '1'} was not evaluated so" in capsys.readouterr().err
    (refused,) = lineage.read(models)
    (served,) = refused["served_scores"]
    lines = len(results_log.read(one_step / "evaluation"))
    with pytest.raises(Refused):
        push(asked(one_step, models))
    assert "The scores of" in capsys.readouterr().err
    assert len(results_log.read(one_step / "evaluation")) == lines
    push(asked(longer, tmp_path / "others"))
    (published,) = lineage.read(tmp_path / "others")
    # The exported graph draws what the run draws, up to the rounding of its networks.
    assert served["value"] == pytest.approx(score_of(published), rel=1e-3)
    assert served["protocol"] == published["scores"][0]["protocol"]


def test_a_version_carries_its_record_and_is_published_once(longer, tmp_path, capsys):
    models = tmp_path / "models"
    version = push(asked(longer, models))
    (record,) = lineage.read(models)
    held = card(version)
    assert {"version": 1, **held["delivery"]} == record
    assert record["fingerprint"] == held["state"]["fingerprint"] == fingerprint(version)
    assert record["data"] == record["trained_on"] == held["data"]["checksum"]
    assert record["scores"][0]["protocol"].startswith("random-projection")
    assert push(asked(longer, models)) == version
    assert "has these very weights already" in capsys.readouterr().err
    assert decisions(models) == [(1, "published")]


# Versions whose content does not matter.


def fake_version(models, number, record=None, weights=None):
    version = models / str(number)
    (version / "assets.extra").mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"graph %d" % number)
    state = {"state": {"fingerprint": weights or f"weights {number}"}}
    text = json.dumps(state if record is None else {**state, "delivery": record})
    (version / "assets.extra" / "model_card.json").write_text(text)
    return version


def published(models, number, replaces):
    record = {"decision": "published", "replaces": replaces, "run": f"run-{number}"}
    record["fingerprint"] = f"weights {number}"
    fake_version(models, number, record)
    lineage.append(models, {"version": number, **record})


def graph(models, number):
    return (models / str(number) / "saved_model.pb").read_bytes()


def rolled_back(models):
    return int(push(Arguments(to=models, rollback=True)).name)


def test_a_rollback_publishes_the_version_before_under_a_new_number(tmp_path):
    published(tmp_path, 1, None)
    published(tmp_path, 2, 1)
    assert rolled_back(tmp_path) == 3
    assert graph(tmp_path, 3) == b"graph 1"
    assert graph(tmp_path, 2) == b"graph 2"
    last = lineage.read(tmp_path)[-1]
    told = {name: last[name] for name in ("decision", "replaces", "restores", "withdrawn", "run")}
    assert told == {
        "decision": "rolled back", "replaces": 2, "restores": 1, "withdrawn": "weights 2",
        "run": "run-1",
    }  # fmt: skip
    assert {"version": 3, **card(tmp_path / "3")["delivery"]} == last
    assert fingerprint(tmp_path / "3") == "weights 1"


def test_a_second_rollback_goes_further_back_and_never_to_what_was_withdrawn(tmp_path):
    for number, before in ((1, None), (2, 1), (3, 2)):
        published(tmp_path, number, before)
    assert rolled_back(tmp_path) == 4
    assert graph(tmp_path, 4) == b"graph 2"
    assert rolled_back(tmp_path) == 5
    assert graph(tmp_path, 5) == b"graph 1"
    with pytest.raises(InputError, match="version 5 holds the first model"):
        rolled_back(tmp_path)
    published(tmp_path, 6, 5)
    assert rolled_back(tmp_path) == 7
    assert graph(tmp_path, 7) == b"graph 1"


def test_versions_without_records_are_rolled_back_by_number(tmp_path):
    fake_version(tmp_path, 2)
    fake_version(tmp_path, 9)
    assert rolled_back(tmp_path) == 10
    assert graph(tmp_path, 10) == b"graph 2"


def test_a_rollback_that_has_nowhere_to_go(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        rolled_back(tmp_path / "none")
    with pytest.raises(InputError, match="no version of a model to roll back"):
        rolled_back(tmp_path)
    published(tmp_path, 1, None)
    with pytest.raises(InputError, match="none to roll back to"):
        rolled_back(tmp_path)
    published(tmp_path, 2, 1)
    shutil.rmtree(tmp_path / "1")
    with pytest.raises(InputError, match="version 1, which was served before version 2, is gone"):
        rolled_back(tmp_path)


def test_no_number_comes_twice(tmp_path):
    """A server that has loaded version 2 would not look at another version 2."""
    published(tmp_path, 1, None)
    published(tmp_path, 2, 1)
    shutil.rmtree(tmp_path / "2")
    published(tmp_path, 3, 1)
    shutil.rmtree(tmp_path / "3")
    fake_version(tmp_path, 2)
    assert rolled_back(tmp_path) == 4


def test_withdrawn_weights_are_published_again_only_on_demand(one_step, longer, tmp_path):
    models = tmp_path / "models"
    push(asked(one_step, models))
    push(asked(longer, models))
    assert rolled_back(models) == 3
    with pytest.raises(Refused, match="withdrawn as version 2; --again"):
        push(asked(longer, models))
    version = push(asked(longer, models, again=True))
    assert version == models / "4"
    # The scores of the rolled-back version came along in its card.
    assert lineage.read(models)[-1]["served_scores"] == lineage.read(models)[0]["scores"]


# Kills.

_KILLED = """
import os, signal, sys
from pathlib import Path
from keras_t2i.commands.push import Arguments, Evaluation, push
from keras_t2i.exporting import lineage
lineage.append = lambda models, record: os.kill(os.getpid(), signal.SIGKILL)
run = Path(sys.argv[2]) if len(sys.argv) > 2 else None
evaluation = Evaluation(extractor="random", count=24)
push(Arguments(run, to=Path(sys.argv[1]), evaluation=evaluation, rollback=run is None))
"""


def killed_before_its_record(*words):
    done = subprocess.run([sys.executable, "-c", _KILLED, *map(str, words)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_a_push_that_is_killed_before_its_record_is_recorded_by_the_next(longer, tmp_path):
    models = tmp_path / "models"
    killed_before_its_record(models, longer)
    assert list(versions(models)) == [1]
    assert lineage.read(models) == []
    assert push(asked(longer, models)) == models / "1"
    (record,) = lineage.read(models)
    assert record == {"version": 1, **card(models / "1")["delivery"]}


def test_a_rollback_that_is_killed_before_its_record_is_not_done_twice(tmp_path, capsys):
    published(tmp_path, 1, None)
    published(tmp_path, 2, 1)
    published(tmp_path, 3, 2)
    killed_before_its_record(tmp_path)
    assert graph(tmp_path, 4) == b"graph 2"
    assert rolled_back(tmp_path) == 4
    assert "by a process that was killed" in capsys.readouterr().err
    assert decisions(tmp_path)[3:] == [(4, "rolled back")]
    assert rolled_back(tmp_path) == 5
    assert graph(tmp_path, 5) == b"graph 1"
    assert decisions(tmp_path)[3:] == [(4, "rolled back"), (5, "rolled back")]


def test_a_second_push_waits_for_the_first(longer, tmp_path):
    with (
        lineage.only_publisher(tmp_path),
        pytest.raises(InputError, match="another push is at work"),
    ):
        push(asked(longer, tmp_path))


def test_a_damaged_lineage_is_named(tmp_path):
    published(tmp_path, 1, None)
    with (tmp_path / lineage.FILE).open("a") as file:
        file.write("{torn\n")
    with pytest.raises(InputError, match=r"lineage\.jsonl, line 2: not JSON"):
        rolled_back(tmp_path)


# Data of today.


def data_of(folder, per_class=12, counts=(12, 12, 12), **info):
    """Colours again: other noise, and so many pictures of each class."""
    described = DatasetInfo(
        source="colours", licence="CC0", image_size=16, stored_size=19, classes=tuple(COLOURS),
        attributes=(Attribute("colour", tuple(COLOURS)),),
    )  # fmt: skip
    records = (
        (split, record)
        for split, record in colour_records(19, per_class, seed=1)
        if int(record.id.split("-")[1]) < counts[record.label]
    )
    write_dataset(folder, replace(described, **info), records)
    return folder


def test_data_that_have_drifted_are_told_and_refused(longer, tmp_path, capsys):
    data, models = data_of(tmp_path / "data", counts=(12, 6, 6)), tmp_path / "models"
    with pytest.raises(Refused) as refusal:
        push(asked(longer, models, data=data))
    # Of 20 training pictures 10 are red: a half in the place of a third.
    assert "train: classes 0.167 (red) is beyond --drift.classes 0.1" in str(refusal.value)
    assert "drift  train: caption lengths 0 (limit 0.1)" in capsys.readouterr().out
    (record,) = lineage.read(models)
    assert record["decision"] == "refused"
    assert record["data"] != record["trained_on"]
    limits = replace(Arguments(to=models).drift, classes=0.5, labels=0.5, words=0.5, colours=0.5)
    assert push(asked(longer, models, data=data, drift=limits)) == models / "1"
    drift = {(each["split"], each["measure"]): each["value"] for each in record["drift"]}
    assert drift["train", "classes"] == pytest.approx(1 / 2 - 1 / 3)


def test_data_of_the_same_kind_pass(longer, tmp_path):
    data = data_of(tmp_path / "data")
    push(asked(longer, tmp_path / "models", data=data))
    (record,) = lineage.read(tmp_path / "models")
    assert max(each["value"] for each in record["drift"]) < 0.1
    assert record["drift"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"image_size": 15}, "image_size was 16 and is 15"),
        ({"attributes": (Attribute("hue", tuple(COLOURS)),)}, "the labels were colour: red"),
    ],
)
def test_data_of_another_form_are_refused(longer, tmp_path, change, told):
    data = data_of(tmp_path / "data", **change)
    with pytest.raises(Refused, match=told):
        push(asked(longer, tmp_path / "models", data=data))


def test_a_run_of_an_earlier_version_keeps_no_statistics(longer, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(longer, run)
    (run / "statistics.json").unlink()
    data = data_of(tmp_path / "data")
    with pytest.raises(InputError, match="keeps no statistics of its data"):
        push(asked(run, tmp_path / "models", data=data))
    assert push(asked(run, tmp_path / "models")) == tmp_path / "models" / "1"  # the very same data


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"at_most": ("frechet",)}, "--at-most takes NAME=NUMBER"),
        ({"at_most": ("frechet=nan",)}, "--at-most takes NAME=NUMBER"),
        ({"at_least": ("recall=1", "recall=2")}, "--at-least: recall is given twice"),
        ({"at_most": ("kernel=1",)}, "--at-most kernel: no such score is computed"),
        ({"tolerance": -0.1}, "--tolerance must lie in"),
        ({"rollback": True}, "--rollback takes no run"),
        ({"evaluation": Evaluation(("nothing",), "random")}, "--protocol nothing: unknown"),
        ({"evaluation": Evaluation(extractor="none.npz")}, "no such file"),
        ({"evaluation": Evaluation(extractor="random", count=1)}, "--count must be at least 2"),
        ({"drift": replace(Arguments(to=None).drift, words=2.0)}, "--drift.words must be at most"),
        ({"data": "elsewhere"}, "has no data set at elsewhere; --data gives the data"),
        ({"run": None}, "Give the run"),
    ],
)
def test_wrong_options_are_refused_before_any_work(longer, tmp_path, options, told):
    options = {
        **options,
        **({"data": tmp_path.__class__("elsewhere")} if "data" in options else {}),
    }
    with pytest.raises(InputError, match=told):
        push(replace(asked(longer, tmp_path / "models"), **options))
    assert not (tmp_path / "models").exists()
