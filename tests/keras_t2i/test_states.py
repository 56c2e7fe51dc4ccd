"""Scores belong to a state of a run: those of different weights never mix."""

import json
from importlib.metadata import version

import pytest

from keras_t2i.commands.compare import compare
from keras_t2i.exporting.model_card import model_card
from keras_t2i.metrics import results_log
from keras_t2i.metrics.collect import collect
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import folder_pictures
from keras_t2i.metrics.protocols import Score
from keras_t2i.metrics.sampled import sampled_pictures
from keras_t2i.metrics.scoring import Measurement
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.training.run import Run
from tests.shades import Shades
from tests.tiny_run import tiny


@pytest.fixture
def run(colour_data, tmp_path):
    run = Run(tmp_path / "run")
    run.open(tiny(), DatasetInfo.load(colour_data), colour_data)
    return run


@pytest.fixture
def log(colour_data, tmp_path):
    """Adds figures of a state, given by its weights' level and step, to a run's log."""
    reference = collect(
        data=colour_data, split="test", count=4, extractor=RandomProjection(),
        store=FeatureStore(tmp_path / "features"),
    )  # fmt: skip

    def add(folder, level, step, *, best=False, watched=False, count=1000, **values):
        subject = Shades(level, step)
        fake = sampled_pictures(subject, str(folder), reference.conditions, 0, best)
        scores = [Score(name, value, f"x/{count}", "lower") for name, value in values.items()]
        scored = [Measurement(fake.name, fake.state, score) for score in scores]
        noise = Measurement("noise", None, Score("frechet", 99.0, f"x/{count}", "lower"))
        results_log.append(
            folder / "evaluation", [*scored, noise], reference.judging(fake), watched
        )

    return add


def old_line(folder, step, name, value, **more):
    """A line as earlier versions wrote it."""
    line = {
        "subject": "runs/x", "judged": "runs/x", "step": step, "name": name, "value": value,
        "protocol": "x/1000", "extractor": "e", "extractor_fingerprint": "f", "data": "d", **more,
    }  # fmt: skip
    (folder / "evaluation").mkdir(parents=True, exist_ok=True)
    with (folder / "evaluation" / results_log.FILE).open("a") as file:
        file.write(json.dumps(line) + "\n")


def test_a_line_says_of_which_state_it_is(run, log):
    log(run.path, 3.0, 24, best=True, frechet=5.0)
    mine, noise = results_log.read(run.path / "evaluation")
    assert mine["state"] == {"fingerprint": Shades(3.0).fingerprint(), "step": 24, "best": True}
    assert mine["step"] == 24
    assert mine["watched"] is False
    assert noise["state"] is None
    assert results_log.of_state([mine, noise], Shades(3.0).fingerprint()) == [mine]


def test_pictures_of_a_folder_have_a_state_of_their_own(tmp_path):
    from PIL import Image

    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "b.png")
    first = folder_pictures(tmp_path).state
    assert (first.step, first.best) == (None, False)
    Image.new("RGB", (8, 8), "blue").save(tmp_path / "a.png")
    assert folder_pictures(tmp_path).state.fingerprint != first.fingerprint


def card_scores(run, subject):
    return {line["name"]: line["value"] for line in model_card(run, subject)["scores"]}


def test_a_card_has_the_scores_of_the_exported_weights_alone(run, log):
    log(run.path, 1.0, 24, watched=True, count=500, frechet=8.0)
    log(run.path, 1.0, 24, frechet=7.0, kernel=0.5)
    log(run.path, 2.0, 30, best=True, frechet=6.0)
    card = model_card(run, Shades(2.0, 30))
    assert card["state"] == {
        "last": True, "step": 30, "fingerprint": Shades(2.0).fingerprint()
    }  # fmt: skip
    assert card_scores(run, Shades(2.0, 30)) == {"frechet": 6.0}  # the same weights, once best
    shown = model_card(run, Shades(1.0, 24))["scores"]
    assert {(s["name"], s["protocol"], s["value"]) for s in shown} == {
        ("frechet", "x/500", 8.0), ("frechet", "x/1000", 7.0), ("kernel", "x/1000", 0.5)
    }  # fmt: skip
    assert card_scores(run, Shades(3.0, 36)) == {}  # trained further, not evaluated yet
    assert model_card(run)["scores"] == []
    log(run.path, 1.0, 24, kernel=0.25)  # evaluated anew
    assert card_scores(run, Shades(1.0, 24))["kernel"] == 0.25


def test_a_card_of_the_best_state_says_so(run, log):
    write_json(run.stage("gan") / "best" / "best.json", {"step": 24, "value": 7.0})
    card = model_card(Run(run.path, best=True), Shades(1.0, 24))
    assert card["state"]["best_of_watched"] == {"step": 24, "value": 7.0}
    assert card["state"]["step"] == 24
    assert "last" not in card["state"]


def test_scores_of_earlier_versions_are_on_no_card(run):
    old_line(run.path, 24, "frechet", 7.0)
    assert card_scores(run, Shades(1.0, 24)) == {}


def table(*runs, **options):
    tables = compare(runs, **options)
    header, *rows = tables["Scores"]
    return header[1:-2], {row[0]: row[1:-2] for row in rows}, dict(tables.get("Notes", []))


def test_runs_are_compared_at_their_last_evaluated_states(log, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    log(one, 1.0, 12, frechet=9.0, kernel=0.9)
    log(one, 2.0, 24, frechet=8.0)
    log(one, 2.0, 24, kernel=0.8)  # asked for later, of the same weights
    log(one, 1.0, 12, best=True, frechet=9.0, copies=0.1)
    log(other, 5.0, 30, watched=True, count=500, frechet=3.0)
    log(other, 5.0, 30, frechet=4.0)
    names, rows, notes = table(one, other)
    assert names == ["one, step 24", "other, step 30"]
    assert rows["kernel"] == ["0.8", "–"]
    assert "copies" not in rows
    assert [row[1:3] for row in compare([one, other])["Scores"] if row[0] == "frechet"] == [
        ["8", "4"], ["–", "3"]
    ]  # fmt: skip
    assert not notes


def test_best_states_are_compared_apart(log, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, level in ((one, 1.0), (other, 2.0)):
        log(folder, level + 10, 24, frechet=level + 10)
        log(folder, level, 12, best=True, frechet=level)
    assert table(one, other, best=True)[:2] == (
        ["one, step 12", "other, step 12"], {"frechet": ["1", "2"]}
    )  # fmt: skip
    assert table(one, other)[1] == {"frechet": ["11", "12"]}
    third = tmp_path / "third"
    log(third, 1.0, 12, best=True, frechet=1.0)
    with pytest.raises(InputError, match="third: its last state was not evaluated yet"):
        compare([one, third])
    log(third, 1.0, 12, frechet=1.0)
    fourth = tmp_path / "fourth"
    log(fourth, 1.0, 12, frechet=1.0)
    with pytest.raises(InputError, match=r"fourth: its best state .*fourth --best` first"):
        compare([one, fourth], best=True)


def test_what_a_training_watched_comes_after_an_evaluation(log, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    log(one, 1.0, 12, frechet=9.0)
    log(one, 2.0, 24, watched=True, frechet=8.0)
    log(other, 3.0, 12, watched=True, frechet=6.0)
    log(other, 4.0, 24, watched=True, frechet=5.0)
    names, rows, notes = table(one, other)
    assert names == ["one, step 12", "other, step 24"]
    assert rows == {"frechet": ["9", "5"]}
    assert notes["one, step 12"] == (
        "step 12 was evaluated; the training went on to step 24."
    )  # fmt: skip


def test_scores_of_earlier_versions_are_shown_with_a_note(log, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        old_line(folder, 12, "frechet", 9.0)
        old_line(folder, 24, "frechet", 8.0)
        old_line(folder, 24, "kernel", 0.8, details={"red": 0.1})
    log(other, 1.0, 30, frechet=5.0)
    tables = compare([one, other])
    names, rows, notes = table(one, other)
    assert names == ["one, state unknown", "other, step 30"]
    assert rows["kernel"] == ["0.8", "–"]  # an old line of the other is not mixed in
    assert list(notes) == ["", "one, state unknown"]
    assert "earlier version" in notes["one, state unknown"]
    assert tables["kernel, in detail (x/1000)"][1] == ["red", "0.1", "–"]


def test_lines_name_what_computed_them(run, log):
    log(run.path, 1.0, 24, frechet=8.0)
    line, _ = results_log.read(run.path / "evaluation")
    assert line["versions"]["numpy"] == version("numpy")
    assert len(line["data"]) == 64
