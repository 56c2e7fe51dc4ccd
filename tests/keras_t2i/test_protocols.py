"""Ways to score: known by their names, one's own among them, and what they need."""

import subprocess
import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from keras_t2i.metrics.collect import collect
from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors import GivesLabels, GivesMaps
from keras_t2i.metrics.extractors.random_projection import RandomProjection
from keras_t2i.metrics.extractors.run_classifier import RunClassifier
from keras_t2i.metrics.features import FeatureStore
from keras_t2i.metrics.inputs import Unavailable
from keras_t2i.metrics.perceptual import perceptual_distance
from keras_t2i.metrics.pictures import PictureSet, noise_pictures
from keras_t2i.metrics.protocols import (
    Score,
    ScoringProtocol,
    known_names,
    protocols_named,
    register_protocol,
    registry,
)
from keras_t2i.metrics.protocols.diversity import Diversity
from keras_t2i.metrics.protocols.frechet import Frechet
from keras_t2i.metrics.protocols.kernel import Kernel
from keras_t2i.metrics.protocols.perceptual_pairs import pair_distances
from keras_t2i.metrics.resizing import clean
from keras_t2i.metrics.scoring import baselines, scores_of
from keras_t2i.metrics.subject import ReadsLabels
from keras_t2i.pipelines.errors import InputError

BUILT_IN = (
    "frechet", "kernel", "inception-score", "manifold", "copies", "diversity", "nearest",
    "checkerboard", "r-precision", "conditions",
)  # fmt: skip
MINE = """
from keras_t2i.metrics.protocols import Score, ScoringProtocol, register_protocol

class Brightness(ScoringProtocol):
    name = "brightness"

    def scores(self, inputs):
        return [Score("brightness", float(inputs.fake.read([0])[0].mean()), "first-picture")]

register_protocol(Brightness())
"""


@dataclass(frozen=True)
class Brightness(ScoringProtocol):
    level: float = 255.0
    name: ClassVar[str] = "brightness"

    def scores(self, inputs):
        pictures = inputs.fake.read(np.arange(inputs.fake.count))
        return [Score("brightness", float(np.mean(pictures)) / self.level, inputs.suffix("mine"))]


@pytest.fixture
def reference(colour_data, tmp_path):
    return collect(
        data=colour_data, split="test", count=24, extractor=RandomProjection(),
        store=FeatureStore(tmp_path / "features"),
    )  # fmt: skip


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_PROTOCOLS", dict(registry._PROTOCOLS))


def grey(level, count=24):
    picture = np.full((16, 16, 3), level, np.uint8)
    return PictureSet("grey", {"grey": level}, count, lambda rows: [picture for _ in rows])


def test_all_are_known_by_their_names():
    assert tuple(p.name for p in protocols_named(())) == BUILT_IN
    assert [p.name for p in protocols_named(("copies", "frechet"))] == ["copies", "frechet"]
    assert known_names("") == f"(known: {', '.join(BUILT_IN)})"
    assert known_names("kernel").startswith("(default: kernel; known: frechet, ")
    with pytest.raises(InputError, match=r"--protocol fid: unknown\. Protocols: frechet, kernel"):
        protocols_named(("fid",))
    with pytest.raises(TypeError, match="name"):
        Frechet(name="fid")  # what a score is called is no setting


@pytest.mark.usefixtures("own_registry")
def test_a_protocol_of_ones_own_is_computed_by_its_name(reference):
    register_protocol(Brightness(level=100.0))
    (measured,) = scores_of(reference.judging(grey(50)), protocols_named(("brightness",)))
    assert (measured.score.name, measured.score.value) == ("brightness", 0.5)
    assert measured.score.protocol == "random-projection-64-0/clean-16/mine/seed-0"
    with pytest.raises(ValueError, match=r"must be new\. Received: 'brightness'"):
        register_protocol(Brightness())


def test_a_single_picture_for_each_condition_is_refused_before_it_is_drawn(reference):
    def draw(rows):
        raise AssertionError("it was drawn")

    one_each = reference.conditions[np.arange(3)]
    fake = PictureSet("fakes", {}, 3, draw, one_each)
    inputs = replace(reference, extractor=Maps()).judging(fake)
    words = r"--protocol diversity: no two pictures .* for the same condition; raise --count"
    with pytest.raises(InputError, match=words):
        scores_of(inputs, protocols_named(("frechet", "diversity")), required=True)
    twice = replace(fake, conditions=reference.conditions[np.array([0, 1, 0])])
    with pytest.raises(AssertionError, match="it was drawn"):
        scores_of(inputs.judging(twice), protocols_named(("diversity",)), required=True)


def patterned(seeds, conditions):
    """Pictures of noise, each by a seed."""
    drawn = [np.random.default_rng(seed).integers(256, size=(16, 16, 3)) for seed in seeds]
    pictures = np.array(drawn, "uint8")
    return PictureSet("noise", {"seeds": seeds}, len(seeds), lambda r: pictures[r], conditions)


def asked_for(captions=("",) * 4, classes=(-1,) * 4, labels=((),) * 4):
    labels = np.array(labels, "float32").reshape(len(captions), -1)
    return Conditions("test", np.arange(len(captions)), captions, np.array(classes), labels)


@pytest.mark.parametrize(
    "conditions",
    [
        # The caption counts, though all are of one class; labels do where there is no caption.
        asked_for(captions=("red", "blue", "red", "blue"), classes=(0, 0, 0, 0)),
        asked_for(labels=((0, 1), (1, 0), (0, 1), (1, 0)), classes=(0, 0, 0, 0)),
        asked_for(classes=(3, 1, 3, 1)),
    ],
)
def test_variety_is_that_of_pictures_of_one_condition(reference, conditions):
    seen = replace(reference, extractor=Maps())
    classes = asked_for(classes=(0, 0, 1, 1))
    alike = seen.judging(patterned([10, 90, 10, 90], conditions))  # the same picture twice each
    unlike = seen.judging(patterned([10, 90, 90, 10], conditions))
    real = replace(unlike, real=patterned([20, 60, 10, 90], classes))
    found = [Diversity().scores(replace(one, real=real.real))[0] for one in (alike, unlike, real)]
    assert found[0].value == pytest.approx(0, abs=1e-6)
    assert found[1].value > 0.01
    pair = pair_distances(Maps(), (real.real, [0, 2]), (real.real, [1, 3])).mean()
    assert found[2].details == {"real pictures": pytest.approx(pair)}
    assert "/pairs-of-one-condition/2/" in found[1].protocol


def test_each_condition_gives_a_pair_before_any_gives_a_second(reference):
    seen = replace(reference, extractor=Maps(), real=None)
    captions = ("red",) * 4 + ("blue",) * 2
    conditions = asked_for(captions, (-1,) * 6, ((),) * 6)
    seeds = [10, 10, 10, 90, 10, 90]
    drawn = seen.judging(patterned(seeds, conditions))
    (two,) = Diversity(pairs=2).scores(drawn)
    expected = pair_distances(Maps(), (drawn.fake, [0, 4]), (drawn.fake, [1, 5])).mean()
    assert two.value == pytest.approx(expected)
    assert not two.details


def noisy(count):
    return noise_pictures(16, count, seed=count)


@pytest.mark.parametrize(
    ("fakes", "reals", "most", "name"),
    [
        (30, 40, 20, "100x20"),
        (30, 40, 1000, "100x30"),  # of the 40, 100 different subsets
        (30, 30, 30, "1x30"),  # one subset of all is possible, and spreads nowhere
        (30, 30, 29, "100x29"),
    ],
)
def test_a_kernel_distance_names_the_subsets_that_it_drew(reference, fakes, reals, most, name):
    inputs = replace(reference, real=noisy(reals)).judging(noisy(fakes))
    (score,) = Kernel(size=most).scores(inputs)
    assert score.protocol.endswith(f"/fakes-{fakes}/noise-{reals}/seed-0/{name}")
    assert (score.deviation is None) == name.startswith("1x")
    assert score.deviation is None or score.deviation > 1e-4 * abs(score.value)


@pytest.mark.parametrize("command", ["evaluate", "fit"])
def test_help_names_all_protocols_ones_own_among_them(command, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    words = [sys.executable, "-m", f"keras_t2i.{command}"]
    told = subprocess.run(
        [*words, "--import", str(tmp_path / "mine.py"), "--help"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    shown = " ".join(told.replace("│", " ").split())
    assert f"known: {', '.join(BUILT_IN)}, brightness)" in shown


def test_a_judge_makes_real_pictures_the_bound_of_what_it_reads(reference):
    reading, others = protocols_named(("r-precision", "conditions")), protocols_named(("kernel",))
    found = {i.fake.name: p for i, p in baselines(reference.judging(grey(9)), (*reading, *others))}
    assert found["real test"] == list(reading)
    assert found["real train"] == found["noise"] == [*reading, *others]


class Maps(RandomProjection):
    """An extractor with two maps, and weights of their channels."""

    heads = (np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))

    def maps(self, pictures):
        return [pictures + 1.0, pictures[:, ::2, ::2] + 1.0]


def test_extractors_say_what_they_offer():
    one, other = noise_pictures(16, 10, 0), noise_pictures(16, 10, 1)
    rows = np.arange(10)
    with pytest.raises(Unavailable, match="random-projection-64-0 gives no maps"):
        pair_distances(RandomProjection(), (one, rows), (other, rows))
    assert isinstance(Maps(), GivesMaps)
    assert not isinstance(Maps(), GivesLabels)
    found = pair_distances(Maps(), (one, rows), (other, rows[::-1]))
    sides = (Maps().maps(clean(p.read(r), 16)) for p, r in ((one, rows), (other, rows[::-1])))
    np.testing.assert_allclose(found, perceptual_distance(*sides, Maps.heads))
    unweighted = Maps()
    unweighted.heads = None
    plain = pair_distances(unweighted, (one, rows), (other, rows[::-1]))
    assert (found > 2 * plain).all()  # the heads do weigh


@pytest.mark.parametrize("canonical", [False, True])
def test_protocols_say_how_their_scores_are_called(reference, canonical, monkeypatch):
    """`push` refuses limits of scores that no protocol gives, before anything is drawn."""
    monkeypatch.setattr(Maps, "canonical", canonical)
    seen = replace(reference, extractor=Maps())
    read = replace(reference, extractor=RunClassifier(Reader(), "label-classifier"))
    found = set()
    for protocol in protocols_named(()):
        for inputs in (seen.judging(noisy(24)), read.judging(noisy(24))):
            scored = {each.score.name for each in scores_of(inputs, [protocol])}
            assert scored <= set(protocol.score_names)
            found |= scored
    assert found >= {"precision", "copies", "perceptual-nearest", "classifier-score"}
    assert ("fid" in found, "kid" in found) == (canonical, canonical)


class Reader:
    """Reads two labels: whether the mean is above grey, and whether it is not."""

    labels, image_size = ("light", "dark"), 8

    def fingerprint(self):
        return "f" * 64

    def features_and_logits(self, images):
        mean = images.mean((1, 2, 3))
        return images.mean((1, 2)), np.stack([mean, -mean], 1)


def test_a_network_that_reads_labels_is_an_extractor_in_levels():
    assert isinstance(Reader(), ReadsLabels)
    network = RunClassifier(Reader(), "label-classifier")
    assert isinstance(network, GivesLabels)
    assert (network.name, network.size) == ("label-classifier-ffffffff", 8)
    found = network(np.stack([np.full((8, 8, 3), level, "float32") for level in (0, 255)]))
    np.testing.assert_allclose(found["logits"], [[-1, 1], [1, -1]])
    np.testing.assert_allclose(found["features"], [[-1] * 3, [1] * 3])


def test_a_judge_of_other_labels_is_refused(colour_data, tmp_path):
    with pytest.raises(InputError, match=r"other labels \(light, dark, …\).* \(red, blue, green"):
        collect(
            data=colour_data, split="test", count=4, extractor=RandomProjection(),
            store=FeatureStore(tmp_path), judge=RunClassifier(Reader(), "r"),
        )  # fmt: skip
