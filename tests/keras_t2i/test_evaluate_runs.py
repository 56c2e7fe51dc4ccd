"""Evaluation of whole runs: whatever kind, watched, exported, and where the data set is gone."""

import json
import shutil

import pytest

from keras_t2i.commands.compare import compare
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.metrics import results_log
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run, read_json
from tests.small import small, write_pictures


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "everything"
    write_pictures(folder)
    return folder


def asked(path, **options):
    return Arguments(path, extractor="random", **{"count": 24, **options})


def copied(run, path, data="elsewhere"):
    """A copy of a run, without evaluations, whose data set is not where it was."""
    shutil.copytree(run.path, path, ignore=shutil.ignore_patterns("evaluation"))
    info = read_json(path / "dataset.json")
    write_json(path / "dataset.json", {**info, "path": str(data)})
    return Run(path)


def lines(folder):
    return {
        line["name"]: line for line in results_log.read(folder) if line["subject"] == line["judged"]
    }


def test_a_pyramid_is_watched_and_evaluated(everything, tmp_path):
    """Its last level alone draws nothing; its fingerprint is of all levels."""
    run = Run(tmp_path / "run")
    fit(small("lapgan-demo"), everything, run, watch=EvalSchedule(5, "frechet", "random", count=12))
    out = run.path / "evaluation"
    (watched,) = results_log.read(out)
    assert watched["watched"]
    assert watched["step"] == run.summary(run.experiment.stages[-1].name)["steps"]
    evaluate(asked(run.path, protocol=("frechet",)))
    *_, judged = results_log.read(out)
    assert judged["state"] == watched["state"]
    assert not judged["watched"]


def test_what_draws_no_pictures_is_refused_before_its_training(everything, tmp_path):
    run = Run(tmp_path / "run")
    with pytest.raises(InputError, match="draws no pictures"):
        fit(small("cycle-gan-demo"), everything, run, watch=EvalSchedule(1, extractor="random"))
    assert not list(run.path.glob("*/checkpoints/*"))


def test_a_card_shows_what_was_measured_of_the_exported_weights(trained, tmp_path):
    run = copied(trained, tmp_path / "run", trained.data)
    evaluate(asked(run.path, protocol=("frechet",)))
    version = run.experiment.task(run, run.data).export(tmp_path / "model")
    card = json.loads((version / "assets.extra" / "model_card.json").read_text())
    measured = lines(run.path / "evaluation")["frechet"]
    assert [(s["name"], s["value"]) for s in card["scores"]] == [("frechet", measured["value"])]
    assert card["state"]["fingerprint"] == measured["state"]["fingerprint"]
    assert card["state"]["step"] == measured["step"] == 24


def test_a_run_whose_data_set_is_gone(trained_labels, tmp_path, capsys):
    there = evaluate(asked(trained_labels.path, judge=trained_labels.path, out=tmp_path / "there"))
    run = copied(trained_labels, tmp_path / "run")
    gone = evaluate(asked(run.path, judge=run.path))
    told = capsys.readouterr().err
    assert "its data set is not at elsewhere any more; --data gives its new place" in told
    assert "not computed: frechet, kernel, manifold, copies, nearest (needs the real" in told
    assert set(lines(gone)) == {"checkerboard", "classifier-score", "conditions"}
    for name, line in lines(gone).items():
        before = lines(there)[name]
        assert (line["value"], line["protocol"]) == (before["value"], before["protocol"])
        assert (line["data"], line["state"]) == (before["data"], before["state"])
    assert (gone / "samples.png").exists()
    assert not (gone / "neighbours.png").exists()
    (conditions, *_) = (row for row in compare([there, gone])["Scores"] if row[0] == "conditions")
    assert conditions[1] == conditions[2]  # one row: they can be compared
    with pytest.raises(InputError, match="--protocol kernel: needs the real pictures: give --data"):
        evaluate(asked(run.path, protocol=("kernel",)))
    back = evaluate(asked(run.path, data=trained_labels.data, protocol=("kernel",)))
    assert lines(back)["kernel"]["value"] == lines(there)["kernel"]["value"]


def test_a_run_that_kept_no_conditions_needs_its_data(trained_labels, tmp_path):
    run = copied(trained_labels, tmp_path / "run")
    shutil.rmtree(run.path / "conditions")
    with pytest.raises(InputError, match="--data is needed"):
        evaluate(asked(run.path))


def test_a_data_set_that_was_made_anew_is_told(trained, labelled_data, tmp_path, capsys):
    run = copied(trained, tmp_path / "run", labelled_data)
    evaluate(asked(run.path, protocol=("kernel",)))
    assert f"{labelled_data} is no longer the data set that it was" in capsys.readouterr().err


def test_names_are_escaped_in_the_page(colour_data, tmp_path):
    from PIL import Image

    folder = tmp_path / "<b>&odd"
    folder.mkdir()
    for level in range(12):
        Image.new("RGB", (16, 16), (20 * level,) * 3).save(folder / f"{level}.png")
    out = evaluate(asked(folder, data=colour_data, out=tmp_path / "out"))
    page = (out / "report.html").read_text()
    assert "&lt;b&gt;&amp;odd</h1>" in page
    assert "<b>&odd" not in page
    assert page.count("data:image/png;base64,") == 2
    for line in results_log.read(out):
        assert line["name"] in page
        assert line["protocol"] in page
