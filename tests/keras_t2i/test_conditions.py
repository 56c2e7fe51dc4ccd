"""What is asked for: the key of what is drawn for it, and where it is kept without pictures."""

from dataclasses import replace

import numpy as np
import pytest

from keras_t2i.metrics.collect import collect
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.protocols import protocols_named
from keras_t2i.metrics.sampled import sampled_pictures
from keras_t2i.metrics.scoring import baselines, scores_of
from keras_t2i.metrics.stored_conditions import read_conditions, write_conditions
from keras_t2i.metrics.subject import EncodesText, Generates, ReadsLabels
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.records import read_split
from tests.shades import Shades


def conditions(count=3, split="test"):
    return Conditions(
        split=split,
        rows=np.arange(count),
        captions=("a red bird",) * count,
        classes=np.zeros(count, int),
        labels=np.tile(np.array([[1.0, 0.0]], "float32"), (count, 1)),
        data="d" * 64,
    )


def test_a_generator_is_told_by_what_it_does():
    assert isinstance(Shades(3.0), Generates)
    assert not isinstance(Shades(3.0), EncodesText | ReadsLabels)
    assert not isinstance(object(), Generates)


@pytest.mark.parametrize(
    "change",
    [
        {"split": "val"},
        {"rows": np.array([0, 1, 3])},
        {"captions": ("a red bird", "a red bird", "a blue bird")},
        {"captions": ("a red bird\na red bird", "a red bird", "")},
        {"classes": np.array([0, 0, 1])},
        {"labels": np.array([[1, 0], [1, 0], [0, 1]], "float32")},
        {"labels": np.array([[1, 0, 1, 0, 1, 0]], "float32")},
        {"data": "e" * 64},
    ],
)
def test_all_that_a_picture_may_depend_on_is_in_its_key(change):
    asked = conditions()
    one = sampled_pictures(Shades(3.0), "run", asked, seed=0)
    other = sampled_pictures(Shades(3.0), "run", replace(asked, **change), seed=0)
    assert one.digest != other.digest
    assert one.digest == sampled_pictures(Shades(3.0), "moved", conditions(), seed=0).digest


def test_weights_and_seed_are_in_the_key_and_in_the_state():
    asked = conditions()
    digests = {
        sampled_pictures(Shades(level), "run", asked, seed).digest
        for level in (3.0, 4.0)
        for seed in (0, 1)
    }
    assert len(digests) == 4
    drawn = sampled_pictures(Shades(3.0, step=7), "run", asked, 0, best=True)
    assert (drawn.state.step, drawn.state.best) == (7, True)
    assert drawn.state.fingerprint == Shades(3.0).fingerprint()


def test_a_killed_evaluation_of_a_split_is_not_continued_by_another(tmp_path):
    class Killed(Exception):
        pass

    def kill(name, done, total):
        raise Killed

    test, val = (
        sampled_pictures(Shades(100.0), "run", conditions(130, split), 0)
        for split in ("test", "val")
    )
    with pytest.raises(Killed):
        FeatureStore(tmp_path, kill).features(test, RandomProjection())
    found = FeatureStore(tmp_path).features(val, RandomProjection()).features
    fresh = FeatureStore(tmp_path / "fresh").features(val, RandomProjection()).features
    np.testing.assert_array_equal(found, fresh)


def assert_equal(one, other):
    assert (one.split, one.captions, one.data) == (other.split, other.captions, other.data)
    for name in ("rows", "classes", "labels"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.digest() == other.digest()


@pytest.mark.parametrize("data", ["colour_data", "labelled_data"])
def test_stored_conditions_are_those_of_the_data(data, request, tmp_path):
    split = read_split(request.getfixturevalue(data), "test")
    write_conditions(tmp_path / "conditions", "test", split)
    stored = read_conditions(tmp_path / "conditions", "test")
    assert list(stored.ids) == split.ids
    for count, seed in ((4, 0), (40, 5)):
        drawn = (Conditions.drawn(each, "test", count, seed) for each in (split, stored))
        assert_equal(*drawn)
    names = {path.name for path in (tmp_path / "conditions").iterdir()}
    assert names == {"test.npz", "dataset.json"}


def test_captions_of_any_script_and_pictures_without_one_are_kept(colour_data, tmp_path):
    split = read_split(colour_data, "test")
    starts = np.array([0, 2, 2, 3, 3, 3, 3])
    odd = replace(split, captions=["빨간 새", "", 'a "bird"\n\x00'], caption_starts=starts)
    write_conditions(tmp_path, "test", odd)
    stored = read_conditions(tmp_path, "test")
    assert list(stored.captions) == odd.captions
    drawn = Conditions.drawn(stored, "test", 6, 0)
    assert drawn.captions == Conditions.drawn(odd, "test", 6, 0).captions
    assert drawn.captions.count("") >= 4


def test_conditions_that_are_not_kept_are_named(colour_data, tmp_path):
    with pytest.raises(InputError, match="no conditions of the split 'val'; it has: no split"):
        read_conditions(tmp_path, "val")
    write_conditions(tmp_path, "test", read_split(colour_data, "test"))
    with pytest.raises(InputError, match="no conditions of the split 'val'; it has: test"):
        read_conditions(tmp_path, "val")
    (tmp_path / "test.npz").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(InputError, match=r"test\.npz: damaged, or not of this kind"):
        read_conditions(tmp_path, "test")


def test_scores_without_pictures(colour_data, tmp_path):
    """The data set is gone: what needs no real picture has the figures that it had with them."""
    write_conditions(tmp_path / "kept", "test", read_split(colour_data, "test"))
    shared = {
        "split": "test", "count": 24, "extractor": RandomProjection(),
        "store": FeatureStore(tmp_path / "features"), "judge": RandomLabels(), "seed": 3,
    }  # fmt: skip
    with_data = collect(data=colour_data, **shared)
    without = collect(data=None, stored=tmp_path / "kept", **shared)
    assert_equal(with_data.conditions, without.conditions)
    found = {}
    for name, reference in (("with", with_data), ("without", without)):
        fake = sampled_pictures(Shades(90.0), "run", reference.conditions, reference.seed)
        inputs = reference.judging(fake)
        scored = scores_of(inputs, protocols_named(()))
        found[name] = {one.score.name: one.score for one in scored}
    assert {"frechet", "kernel", "precision", "copies"} <= set(found["with"])
    assert set(found["without"]) == {"checkerboard", "classifier-score", "conditions"}
    for name, score in found["without"].items():
        assert score == found["with"][name]
    (note,) = inputs.notes
    assert "frechet, kernel, manifold, copies, nearest (needs the real pictures: give --da" in note
    with pytest.raises(InputError, match="--protocol frechet: needs the real pictures: give --dat"):
        scores_of(inputs, protocols_named(("frechet",)), required=True)
    assert [other.fake.name for other, _ in baselines(inputs, ())] == ["noise"]


def test_neither_data_nor_conditions(tmp_path):
    for stored in (None, tmp_path / "conditions"):
        with pytest.raises(InputError, match="--data is needed"):
            collect(
                data=None, stored=stored, split="test", count=4, extractor=RandomProjection(),
                store=FeatureStore(tmp_path),
            )  # fmt: skip


class RandomLabels(RandomProjection):
    """A judge of the colours that knows nothing."""

    labels = ("red", "blue", "green")

    def __init__(self):
        super().__init__(width=3, seed=1)
