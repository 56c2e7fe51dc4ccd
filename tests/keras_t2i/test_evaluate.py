"""Evaluation from end to end: what is judged, by what, and what is written."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_t2i.commands.compare import as_markdown, compare
from keras_t2i.commands.evaluate import Arguments, evaluate
from keras_t2i.metrics import results_log
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.pictures import folder_pictures, noise_pictures, real_pictures
from keras_t2i.metrics.watch import EvalSchedule
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run, read_json
from tests.tiny_labels import SCHEMA, tiny_labels


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_T2I_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def asked(subject, **options):
    return Arguments(subject, extractor="random", **{"count": 24, **options})


def scores(folder):
    return {line["name"]: line for line in results_log.read(folder)}


def test_a_run_of_captions(trained, cache, tmp_path, capsys):
    out = evaluate(asked(trained.path, out=tmp_path / "out", bootstrap=20, baselines=True))
    lines = results_log.read(out)
    assert {line["subject"] for line in lines} == {str(trained.path), "real train", "noise"}
    by = {(line["subject"], line["name"]): line for line in lines}
    mine = by[str(trained.path), "frechet"]
    assert mine["step"] == 24
    assert mine["interval"][0] < mine["value"] < mine["interval"][1]
    assert mine["protocol"] == "random-projection-64-0/clean-16/fakes-24/real-test-6/seed-0"
    noise, train = by["noise", "frechet"]["value"], by["real train", "frechet"]["value"]
    assert train < noise
    assert by["real train", "r-precision"]["value"] > by["noise", "r-precision"]["value"]
    assert "fid" not in {line["name"] for line in lines}  # the network is not Inception
    page = (out / "report.html").read_text()
    assert "data:image/png" in page
    assert "not the one of published FID" in page
    with Image.open(out / "neighbours.png") as picture:
        assert min(picture.size) > 100
    assert set(by["real train", "r-precision"]["details"]) == {"(chance)", "red", "blue", "green"}
    captured = capsys.readouterr()
    assert "conditions (no --judge that reads labels)" in captured.err
    assert not list((cache / "features").glob("*.partial"))


def test_the_same_evaluation_gives_the_same_figures(trained, cache, tmp_path):
    first, second = (
        evaluate(
            asked(trained.path, out=tmp_path / n, protocol=("frechet", "kernel", "r-precision"))
        )
        for n in "ab"
    )
    for name, line in scores(first).items():
        assert scores(second)[name]["value"] == line["value"]
    other = evaluate(asked(trained.path, out=tmp_path / "c", protocol=("frechet",), seed=1))
    assert scores(other)["frechet"]["value"] != scores(first)["frechet"]["value"]


def test_a_run_and_its_export_score_alike(trained, exported, cache, tmp_path):
    options = {"data": trained.data, "protocol": ("frechet", "r-precision")}
    of_run = scores(evaluate(asked(trained.path, out=tmp_path / "a", **options)))
    of_model = scores(evaluate(asked(exported.parent, out=tmp_path / "b", **options)))
    for name, line in of_run.items():
        assert of_model[name]["value"] == pytest.approx(line["value"], rel=1e-3)


def test_labels_are_read_back_by_a_judge(trained_labels, cache, tmp_path):
    judge = trained_labels.path  # its own reader: enough to see the figures come through
    out = evaluate(asked(trained_labels.path, judge=judge, baselines=True, out=tmp_path / "out"))
    by = {(line["subject"], line["name"]): line for line in results_log.read(out)}
    details = by["real test", "conditions"]["details"]
    assert 0 < details[f"{SCHEMA.attributes[0].name} (chance)"] < 1
    assert by["real test", "conditions"]["value"] > by["noise", "conditions"]["value"]
    assert any(name.startswith("[") for name in details)  # each combination
    with pytest.raises(InputError, match="no --judge that reads labels"):
        evaluate(asked(trained_labels.path, protocol=("conditions",)))


def write_pictures(folder, count=20, size=(20, 20)):
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(count):
        noise = rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{i}.png")


def test_a_folder_of_somebody_elses_pictures(colour_data, cache, tmp_path, capsys):
    write_pictures(tmp_path / "fakes")
    out = evaluate(asked(tmp_path / "fakes", data=colour_data, out=tmp_path / "out"))
    assert {"frechet", "precision", "copies"} <= set(scores(out))
    assert "covariance is singular" in capsys.readouterr().err  # 20 pictures, 64 dimensions


def test_folders_that_cannot_be_judged_are_named(colour_data, cache, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no pictures in it"):
        evaluate(asked(tmp_path / "empty", data=colour_data))
    write_pictures(tmp_path / "fakes")
    (tmp_path / "fakes" / "5.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"5\.png.*--skip-broken"):
        evaluate(asked(tmp_path / "fakes", data=colour_data))
    found = folder_pictures(tmp_path / "fakes", skip_broken=True)
    assert found.count == 19
    assert "1 broken ones left out" in found.name
    with pytest.raises(InputError, match="--data is needed"):
        evaluate(asked(tmp_path / "fakes"))
    with pytest.raises(InputError, match="no such run"):
        evaluate(asked(tmp_path / "nowhere"))


def test_one_picture_cannot_be_compared(trained, colour_data, cache, tmp_path):
    write_pictures(tmp_path / "fakes", 1)
    with pytest.raises(InputError, match="fakes: has one picture"):
        evaluate(asked(tmp_path / "fakes", data=colour_data))
    data = Path(shutil.copytree(colour_data, tmp_path / "data"))
    held = json.loads((data / "dataset.json").read_text("utf-8"))
    held["splits"]["test"]["pictures"] = 1
    (data / "dataset.json").write_text(json.dumps(held), "utf-8")
    with pytest.raises(InputError, match=r"--split test: .* has one picture in it"):
        evaluate(asked(trained.path, data=data))


def test_two_folders_without_a_data_set(cache, tmp_path):
    write_pictures(tmp_path / "fakes", 20)
    write_pictures(tmp_path / "real", 30, (24, 24))
    (tmp_path / "fakes" / "x.xyz").write_bytes(b"?")
    folder = asked(tmp_path / "fakes", against=tmp_path / "real")
    out = evaluate(replace(folder, out=tmp_path / "out"))
    found = scores(out)
    assert {"frechet", "kernel", "precision", "classifier-score", "checkerboard"} <= set(found)
    assert found["frechet"]["protocol"].endswith(f"fakes-20/{tmp_path}/real-30/seed-0")
    same = scores(evaluate(replace(folder, against=tmp_path / "fakes", out=tmp_path / "same")))
    assert same["frechet"]["value"] == pytest.approx(0, abs=1e-6)
    assert same["frechet"]["data"] != found["frechet"]["data"]
    assert "1 file of other formats left out: .xyz (1)" in (out / "report.html").read_text()


def test_two_folders_that_cannot_be_compared(trained, colour_data, cache, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_t2i.metrics.extractors.finding.find_extractor", None)
    write_pictures(tmp_path / "fakes", 2)
    write_pictures(tmp_path / "one", 1)
    folder = asked(tmp_path / "fakes", against=tmp_path / "one")
    with pytest.raises(InputError, match="one: has one picture, and scores compare two"):
        evaluate(folder)
    with pytest.raises(InputError, match=r"fakes/1\.png: no such folder"):
        evaluate(replace(folder, against=tmp_path / "fakes" / "1.png"))
    with pytest.raises(InputError, match="Give either --data or --against"):
        evaluate(replace(folder, against=tmp_path / "fakes", data=colour_data))
    with pytest.raises(InputError, match="--against goes with a folder"):
        evaluate(replace(folder, subject=trained.path, against=tmp_path / "fakes"))


def test_hidden_files_are_not_judged(tmp_path):
    write_pictures(tmp_path / "fakes", 5)
    plain = folder_pictures(tmp_path / "fakes")
    write_pictures(tmp_path / "fakes" / ".ipynb_checkpoints", 3)
    (tmp_path / "fakes" / "._0.png").write_bytes(b"macOS")
    (tmp_path / "fakes" / "Thumbs.db").write_bytes(b"Windows")
    assert folder_pictures(tmp_path / "fakes").key == plain.key
    assert plain.count == 5


def test_a_name_that_is_not_utf_8_is_told_in_a_line(tmp_path):
    write_pictures(tmp_path / "fakes", 3)
    (tmp_path / "fakes" / "2.png").rename(tmp_path / "fakes" / os.fsdecode(b"pi\xf1on.png"))
    with pytest.raises(InputError, match=r"pi\\xf1on\.png: the name is not UTF-8.*--skip-broken"):
        folder_pictures(tmp_path / "fakes")
    assert folder_pictures(tmp_path / "fakes", skip_broken=True).count == 2


def test_an_impossible_score_is_refused_before_others_are_drawn_for(trained, cache, tmp_path):
    drawn = []

    def watched(self, conditions, seeds):
        drawn.append(len(seeds))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keras_t2i.tasks.text_to_image.sampler.Sampler.sample_conditions", watched)
        for impossible in ("diversity", "conditions", "nearest"):
            with pytest.raises(InputError, match=f"--protocol {impossible}: "):
                evaluate(asked(trained.path, protocol=("frechet", impossible)))
    assert drawn == []


def test_the_place_of_the_scores_is_told(colour_data, cache, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "fakes", 4)
    evaluate(asked(tmp_path / "fakes", data=colour_data, protocol=("frechet",)))
    assert "The scores go to evaluation/fakes; --out gives" in capsys.readouterr().err
    evaluate(asked(tmp_path / "fakes", data=colour_data, protocol=("frechet",), out=Path("o")))
    assert "The scores go" not in capsys.readouterr().err


def test_mixed_sizes_are_resized_each_and_told(colour_data, cache, tmp_path):
    write_pictures(tmp_path / "fakes", 10)
    write_pictures(tmp_path / "fakes" / "more", 10, (33, 48))
    found = folder_pictures(tmp_path / "fakes")
    assert found.name.endswith("of 2 sizes")
    out = evaluate(asked(tmp_path / "fakes", data=colour_data, out=tmp_path / "out"))
    assert "frechet" in scores(out)


def test_wishes_that_cannot_be_met_are_named(trained, cache, tmp_path):
    with pytest.raises(InputError, match="--protocol fidd: unknown"):
        evaluate(asked(trained.path, protocol=("fidd",)))
    with pytest.raises(InputError, match=r"--split dev: .* has test, train"):
        evaluate(asked(trained.path, split="dev"))
    with pytest.raises(InputError, match="--count must be at least 2"):
        evaluate(asked(trained.path, count=1))
    with pytest.raises(InputError, match="gives no maps"):
        evaluate(asked(trained.path, protocol=("diversity",)))
    with pytest.raises(InputError, match="no best state"):
        evaluate(asked(trained.path, best=True))
    with pytest.raises(InputError, match="No extractor: give one with --extractor"):
        evaluate(Arguments(trained.path))


def test_features_go_on_where_a_killed_process_stopped(tmp_path):
    class Killed(Exception):
        pass

    def kill(name, done, total):
        if done >= 128:
            raise Killed

    pictures, extractor = noise_pictures(8, 300, 0), RandomProjection()
    with pytest.raises(Killed):
        FeatureStore(tmp_path, kill).features(pictures, extractor)
    seen = []
    read = pictures.read
    counted = replace(pictures, read=lambda rows: (seen.extend(rows.tolist()), read(rows))[1])
    whole = FeatureStore(tmp_path).features(counted, extractor)
    assert seen == list(range(128, 300))
    fresh = FeatureStore(tmp_path / "fresh").features(pictures, extractor)
    np.testing.assert_array_equal(whole.features, fresh.features)


def test_conditions_use_every_picture_before_any_twice(colour_data):
    split = read_split(colour_data, "test")
    drawn = Conditions.drawn(split, "test", 15, seed=3)
    assert sorted(drawn.rows[:6]) == list(range(6))
    for row, caption in zip(drawn.rows, drawn.captions, strict=True):
        starts = split.caption_starts
        assert caption in split.captions[starts[row] : starts[row + 1]]
    np.testing.assert_array_equal(drawn.labels.argmax(1), split.labels[drawn.rows])


def test_real_pictures_are_the_centre_of_the_stored_ones(colour_data):
    split = read_split(colour_data, "test")
    pictures = real_pictures(split, "test").read(np.array([2]))
    np.testing.assert_array_equal(pictures[0], split.images[2, 1:17, 1:17])


def test_a_watched_training_keeps_its_best_state(labelled_data, cache, tmp_path):
    experiment = tiny_labels()
    experiment = replace(experiment, gan=replace(experiment.gan, epochs=3))
    run = Run(tmp_path / "run")
    watch = EvalSchedule(every=1, protocol="frechet", extractor="random", count=16)
    fit(experiment, labelled_data, run, watch=watch)
    lines = results_log.read(run.path / "evaluation")
    assert [line["step"] for line in lines] == sorted({line["step"] for line in lines})
    assert len(lines) == 3
    best = read_json(run.stage("gan") / "best" / "best.json")
    assert best["value"] == min(line["value"] for line in lines)
    kept = Run(run.path, best=True)
    task = experiment.task(kept, labelled_data)
    assert int(task.gan.step.numpy()) == best["step"]
    again = evaluate(
        asked(run.path, best=True, protocol=("frechet",), count=16, out=tmp_path / "o")
    )
    assert scores(again)["frechet"]["value"] == pytest.approx(best["value"])


def test_a_watch_that_cannot_work_stops_before_the_training(labelled_data, cache, tmp_path):
    for watch, words in (
        (EvalSchedule(every=1, protocol="fidd"), "unknown"),
        (EvalSchedule(every=1, extractor="no.npz"), "no such file"),
        (EvalSchedule(every=1, extractor="random", split="dev"), "--watch.split dev"),
    ):
        with pytest.raises(InputError, match=words):
            fit(tiny_labels(), labelled_data, Run(tmp_path / "run"), watch=watch)
    assert not Run(tmp_path / "run").summary("autoencoder")


def test_runs_side_by_side(trained, cache, tmp_path, monkeypatch):
    evaluate(asked(trained.path, out=tmp_path / "a", bootstrap=10))
    evaluate(asked(trained.path, out=tmp_path / "b", protocol=("frechet",)))
    tables = compare([tmp_path / "a", tmp_path / "b"])
    header, *rows = tables["Scores"]
    assert header[1:3] == ["a, step 24", "b, step 24"]
    (frechet,) = (row for row in rows if row[0] == "frechet")
    assert frechet[1].startswith(frechet[2] + " [")
    assert next(row for row in rows if row[0] == "precision")[2] == "–"
    assert as_markdown(tables["Scores"]).count("\n") == len(rows) + 2
    with pytest.raises(InputError, match="two runs"):
        compare([tmp_path / "a"])
    with pytest.raises(InputError, match="evaluate"):
        compare([tmp_path / "a", tmp_path])
    # What `evaluate NAME` writes of a pretrained model.
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "b").rename(tmp_path / "evaluation" / "reds")
    monkeypatch.chdir(tmp_path)
    assert compare([Path("a"), Path("reds")])["Scores"][0][1:3] == ["a, step 24", "reds, step 24"]


def test_the_command_says_what_it_wrote(trained, cache, tmp_path):
    words = [sys.executable, "-m", "keras_t2i.evaluate", str(trained.path), "--extractor", "random"]
    ended = subprocess.run(
        [*words, "--count", "12", "--protocol", "kernel", "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert str(tmp_path / "out" / "report.html") in ended.stdout
    line = json.loads((tmp_path / "out" / "metrics.jsonl").read_text())
    assert line["versions"]["tensorflow"].startswith("2.")
