"""The documents' tables of figures are those that are stored."""

import json

import pytest

from benchmarks.results import table as stored
from benchmarks.results.__main__ import age, with_run
from benchmarks.results.pages import ROOT, filled, pages, shown
from benchmarks.table_curves import curves
from keras_t2i.pipelines.errors import InputError


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "HOME", tmp_path)
    return tmp_path


def table(**fields):
    given = {
        "name": "birds", "command": "evaluate", "machine": "two cores", "date": "2026-11-21",
        "commit": "277ddfb", "code": ["keras_t2i"],
        "columns": {"preset": "preset", "frechet": "Fréchet"}, "records": [],
    }  # fmt: skip
    return stored.Table(**given | fields)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_table_of_a_page_is_the_stored_one(page):
    text = page.read_text("utf-8")
    assert filled(text) == text, "run `make results`"


def test_every_stored_table_is_shown_and_names_code_that_exists():
    assert set(stored.names()) == shown()
    for name in stored.names():
        assert [c for c in stored.read(name).code if not (ROOT / c).exists()] == [], name


def test_seeds_of_a_row_become_a_mean_and_a_deviation():
    records = [
        {"preset": "a", "frechet": value, "seed": seed} for seed, value in enumerate((10, 14))
    ]
    records.append({"preset": "b", "frechet": 20_000, "seed": 0})
    text = table(records=records).markdown()
    assert "| a | 12.0 ± 2.8 |" in text
    assert "| b | 20,000 |" in text
    assert "Seeds 0, 1:" in text


def test_shares_of_a_column_have_the_same_digits():
    records = [{"preset": "a", "frechet": value} for value in (0.5, 0.125, 0.0)]
    text = table(records=records, seeds=None).markdown()
    assert "| a | 0.500 |" in text
    assert "| a | 0.125 |" in text
    assert "| a | 0 |" in text
    assert "seed" not in text


def test_rows_without_seeds_stay_apart():
    text = table(
        records=[{"preset": "a", "frechet": 1}, {"preset": "a", "frechet": 2.5}]
    ).markdown()
    assert "| a | 1 |" in text
    assert "| a | 2.5 |" in text
    assert "1 seed a row." in text


def test_a_table_is_stored_and_read_again(home):
    stored.write(table(records=[{"preset": "ä", "frechet": 1.5}]))
    assert stored.read("birds") == table(records=[{"preset": "ä", "frechet": 1.5}])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"records": [{"other": 1}]}, "no column for"),
        ({"colour": 1}, "unexpected keyword"),
    ],
)
def test_a_wrong_file_is_refused(home, content, message):
    stored.write(table())
    held = json.loads((home / "birds.json").read_text("utf-8"))
    (home / "birds.json").write_text(json.dumps(held | content), "utf-8")
    with pytest.raises(SystemExit, match=message):
        stored.read("birds")


def scored(value, subject="run"):
    state = {"best": False, "step": 4, "fingerprint": "f"}
    return json.dumps(
        {
            "name": "frechet", "value": value, "details": {"part": value / 2}, "subject": subject,
            "judged": "run", "state": state, "watched": False, "step": 4, "protocol": "p",
            "extractor_fingerprint": "e", "data": "d",
        }
    )  # fmt: skip


def test_a_runs_own_newest_scores_become_a_record_once(tmp_path):
    (tmp_path / "evaluation").mkdir()
    lines = [scored(9.0), scored(3.0), scored(99.0, "noise")]  # `--baselines` adds the last one
    (tmp_path / "evaluation" / "metrics.jsonl").write_text("\n".join(lines), "utf-8")
    experiment = {"experiment": {"name": "small-birds", "seed": 2}}
    (tmp_path / "experiment.json").write_text(json.dumps(experiment), "utf-8")
    once = with_run(table(), tmp_path, {})
    assert once.records == [{"preset": "`small-birds`", "frechet": 3.0, "seed": 2}]
    assert with_run(once, tmp_path, {}).records == once.records
    columns = {"preset": "preset", "frechet: part": "part", "judge": "judge"}
    (record,) = with_run(table(columns=columns), tmp_path, {"judge": "32"}).records
    assert (record["frechet: part"], record["judge"]) == (1.5, 32)


def test_the_age_of_a_table_is_counted_in_changes():
    assert "changes of its code since" in age(table(commit="HEAD~1"))
    assert "not in this history" in age(table(commit="0000000"))


def test_curves_of_a_table_hold_each_seed_at_its_place():
    records = [
        {"preset": "a", "min": "20", "frechet": 7.0, "seed": 0},
        {"preset": "a", "min": "9", "frechet": 8.0, "seed": 0},
        {"preset": "a", "min": "9", "frechet": 10.0, "seed": 1},
        {"preset": "b", "min": "9", "frechet": 5.0, "seed": 0},
    ]
    columns = {"preset": "preset", "min": "minutes", "frechet": "Fréchet"}
    found = curves(table(columns=columns, records=records), "min", "frechet")
    assert {name: [*points.items()] for name, points in found.items()} == {
        "a": [(9.0, [8.0, 10.0]), (20.0, [7.0])],
        "b": [(9.0, [5.0])],
    }
    with pytest.raises(InputError, match=r"column preset must hold numbers alone.*'a'"):
        curves(table(columns=columns, records=records), "preset", "frechet")
