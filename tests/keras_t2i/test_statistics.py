"""Statistics of data and their distances, against counts by hand and SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from keras_t2i.delivery import statistics
from keras_t2i.delivery.drift import Distance, DriftLimits, divergence, drift, schema_faults
from keras_t2i.delivery.statistics import DataStatistics, SplitStatistics, statistics_of
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import DatasetInfo, Record, read_split, write_dataset


def test_a_split_is_counted(tmp_path):
    info = DatasetInfo("two", "CC0", image_size=4, stored_size=5, classes=("dark", "light", "none"))
    dark, light = np.full((5, 5, 3), 10, "uint8"), np.full((5, 5, 3), 250, "uint8")
    light[..., 0] = 20  # its red is as dark
    records = [
        ("train", Record("a", dark, ("A dark bird", "鳥 is dark"), 0, ())),
        ("train", Record("b", light, ("a LIGHT bird.",), 1, ())),
        ("train", Record("c", light, ("a light, light bird",), 1, ())),
    ]
    write_dataset(tmp_path / "data", info, records)
    found = statistics_of(read_split(tmp_path / "data", "train"), "train")
    assert (found.pictures, found.captions) == (3, 4)
    assert found.classes == {"dark": 1, "light": 2}
    assert found.caption_lengths == {"3": 3, "4": 1}
    assert found.words == {"a": 3, "bird": 3, "light": 3, "dark": 2, "is": 1, "鳥": 1}
    red, green, blue = found.colours
    assert (red[0], red[1]) == (1, 2)
    assert green == blue
    assert (green[0], green[-1], sum(green)) == (1, 2, 3)


def test_rare_words_are_counted_together(tmp_path, monkeypatch):
    monkeypatch.setattr(statistics, "_MOST_WORDS", 1)
    info = DatasetInfo("one", "CC0", image_size=4, stored_size=5)
    record = Record("a", np.zeros((5, 5, 3), "uint8"), ("red red bird sings",), -1, ())
    write_dataset(tmp_path / "data", info, [("train", record)])
    found = statistics_of(read_split(tmp_path / "data", "train"), "train")
    assert found.words == {"red": 2}
    assert found.rare_words == 2


def test_of_many_pictures_some_are_looked_at(tmp_path, monkeypatch):
    """Evenly spread over the split: reading a large set through would hold up each training."""
    monkeypatch.setattr(statistics, "_MOST_PICTURES", 3)
    info = DatasetInfo("many", "CC0", image_size=4, stored_size=5)
    records = [
        ("train", Record(f"{i}", np.full((5, 5, 3), 25 * i, "uint8"), (), -1, ())) for i in range(9)
    ]
    write_dataset(tmp_path / "data", info, records)
    found = statistics_of(read_split(tmp_path / "data", "train"), "train")
    assert found.pictures == 9
    for counts in found.colours:  # of the pictures 0, 4 and 8: 0, 100 and 200 of 255
        assert np.flatnonzero(counts).tolist() == [0, 6, 12]
        assert sum(counts) == 3


def test_statistics_come_back_from_their_file(colour_data, trained, tmp_path):
    kept = DataStatistics.load(trained.path)
    assert kept.checksum == DatasetInfo.load(colour_data).checksum
    again = {name: statistics_of(read_split(colour_data, name), name) for name in kept.splits}
    DataStatistics(kept.checksum, again).write(tmp_path)
    assert DataStatistics.load(tmp_path) == kept
    (tmp_path / "statistics.json").write_text('{"checksum": "x"}')
    with pytest.raises(InputError, match=r"statistics\.json: a field is missing"):
        DataStatistics.load(tmp_path)
    assert DataStatistics.load(tmp_path / "none") is None


def of(**counts):
    return DataStatistics("", {"train": SplitStatistics(**{"captions": 0, **counts})})


FLAT = ((1,), (1,), (1,))


def distances(then, now):
    return {each.measure: (each.value, each.where) for each in drift(then, now)}


def test_shares_are_compared_by_their_largest_difference():
    then = of(pictures=10, classes={"a": 5, "b": 5}, labels={"x": 10, "y": 1}, colours=FLAT)
    now = of(pictures=20, classes={"a": 10, "c": 10}, labels={"x": 20, "y": 8}, colours=FLAT)
    found = distances(then, now)
    assert found["classes"] in ((0.5, "b"), (0.5, "c"))
    value, label = found["labels"]
    assert (value, label) == (pytest.approx(8 / 20 - 1 / 10), "y")  # of pictures, not of labels
    assert found["lost_pictures"] == (0.0, "")
    assert distances(now, then)["lost_pictures"] == (0.5, "")
    assert {value for value, _ in distances(then, then).values()} == {0.0}


def test_words_that_the_run_never_saw_are_counted():
    captions = {"captions": 1, "pictures": 1, "caption_lengths": {"2": 1}, "colours": FLAT}
    then = of(words={"red": 8}, rare_words=2, **captions)
    now = of(words={"red": 5, "blue": 4, "pink": 1}, **captions)
    found = distances(then, now)
    # Two of ten words were too rare to be listed: of five unknown ones, two may have been there.
    assert found["unknown_words"] == (pytest.approx(0.5 - 0.2), "blue")
    assert found["words"] == (pytest.approx(0.4), "blue")


def test_the_divergence_is_scipys():
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 9, 16), rng.integers(0, 9, 16)
    expected = jensenshannon(one, other, base=2) ** 2
    assert divergence(one.tolist(), other.tolist()) == pytest.approx(expected)
    assert divergence([1, 0], [0, 3]) == 1.0
    assert divergence([1, 2], [2, 4]) == 0.0


def test_the_colour_that_moved_is_named():
    then = of(pictures=2, colours=((2, 0), (2, 0), (1, 1)))
    now = of(pictures=2, colours=((2, 0), (0, 2), (1, 1)))
    assert distances(then, now)["colours"] == (1.0, "green")
    assert Distance("train", "colours", 1.0, "green").beyond(DriftLimits(colours=0.99))
    assert not Distance("train", "colours", 1.0, "green").beyond(DriftLimits(colours=1.0))


def test_what_is_gone_from_the_form_of_data_is_told(colour_data):
    then = DatasetInfo.load(colour_data)
    assert schema_faults(then, then) == []
    train = replace(then.splits["train"], captions=0)
    told = schema_faults(then, replace(then, kind="melodies", splits={"train": train}))
    assert told == [
        "kind was 'pictures' and is 'melodies'",
        "the split test is gone",
        "the captions of the split train are gone",
    ]
