"""Latent arithmetic that a judge reads, with a generator whose answers are known."""

import sys
from dataclasses import replace
from math import erf, pi, sqrt

import numpy as np
import pytest
from PIL import Image

from benchmarks import arithmetic
from benchmarks.arithmetic import Arguments, Question, Trait, questions_of, traits_of
from keras_t2i.pipelines.attribute import Attribute
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.fit import fit
from keras_t2i.training.run import Run
from tests.small import small, write_pictures

SCHEMA = AttributeSchema((
    Attribute("side", ("left", "right")), Attribute("with", ("hat",), free=True),
))  # fmt: skip


class Toy:
    """The first noise says how red a picture is, the second how green; the rest is not seen."""

    def noise(self, seeds):
        return np.stack([np.random.default_rng(s).normal(size=6) for s in seeds]).astype("float32")

    def decode(self, noise):
        shades = np.zeros((len(noise), 8, 8, 3))
        shades[..., :2] = np.clip(127.5 + 40 * noise[:, None, None, :2], 0, 255)
        return np.rint(shades).astype("uint8")


class Reader:
    """Left where a picture is not red, a hat where it is green."""

    labels, image_size = SCHEMA.labels, 8

    def fingerprint(self):
        return "toy"

    def features_and_logits(self, images):
        red, green = images.mean((1, 2))[:, :2].T
        return images.mean((1, 2)), np.stack([-red, red, green], 1) * 10


OPTIONS = Arguments(None, None, samples=600, trials=600)


@pytest.fixture(scope="module")
def trials():
    return arithmetic.ask(Toy(), Reader(), traits_of(SCHEMA), OPTIONS)


def test_groups_and_free_labels_are_traits():
    side, hat = traits_of(SCHEMA)
    assert (side.values, side.places, side.free) == (("left", "right"), slice(0, 2), False)
    assert (hat.values, hat.places, hat.free) == (("no hat", "hat"), slice(2, 3), True)
    logits = np.array([[0.0, np.log(3.0), np.log(4.0)]])
    np.testing.assert_allclose(side.probabilities(logits), [[0.25, 0.75]])
    np.testing.assert_allclose(hat.probabilities(logits), [[0.2, 0.8]])


def test_the_shares_are_those_of_the_formula(trials):
    # Of each axis: the mean of three half-normal values, plus or minus two others.
    mean, deviation = sqrt(2 / pi), sqrt(1 - 2 / pi)
    right = 0.5 * (1 + erf(mean / (deviation * sqrt(2))))
    assert trials.right.mean() == pytest.approx(right**2, abs=0.06)
    assert trials.chance.mean() == pytest.approx(0.25, abs=0.06)
    assert trials.direct.mean() == 1.0


def test_the_terms_have_their_labels_and_the_sum_is_theirs(trials):
    noise = Toy().noise(range(OPTIONS.samples))
    read = np.stack([noise[:, 0] > 0, noise[:, 1] > 0], 1).astype(int)
    for question, rows, total in zip(trials.questions, trials.rows, trials.sums, strict=True):
        for (a, b), seeds in zip(question.terms, rows, strict=False):
            assert len(set(seeds)) == 3
            assert (read[seeds, question.kept] == a).all()
            assert (read[seeds, question.changed] == b).all()
        first, second, third = (noise[seeds].mean(0) for seeds in rows)
        np.testing.assert_allclose(total, first - second + third, atol=1e-5)
    place = int(trials.certainty.argmax())
    assert trials.right[place]


def test_questions_need_enough_samples_of_each_term():
    traits = [
        Trait("x", ("p", "q"), slice(0, 2), False),
        Trait("y", ("r", "s"), slice(2, 4), False),
    ]
    values = np.array([(0, 0)] * 3 + [(1, 0)] * 3 + [(1, 1)] * 3)
    assert questions_of(traits, values, 3) == [
        Question(0, 1, (0, 1), (0, 1)), Question(1, 0, (1, 0), (1, 0)),
    ]  # fmt: skip
    assert questions_of(traits, values, 4) == []
    (first, *_) = questions_of(traits, values, 3)
    assert first.terms == ((0, 0), (1, 0), (1, 1), (0, 1))
    with pytest.raises(InputError, match="no two pairs of labels in at least 300 of 600"):
        arithmetic.ask(Toy(), Reader(), traits_of(SCHEMA), replace(OPTIONS, least=300))


def test_the_sheet_of_a_run(tmp_path, monkeypatch, capsys):
    write_pictures(tmp_path / "data")
    for name in ("dcgan-demo", "label-classifier"):
        fit(small(name), tmp_path / "data", Run(tmp_path / name))
    monkeypatch.setattr(arithmetic, "values_read", spread)
    run, judge, out = tmp_path / "dcgan-demo", tmp_path / "label-classifier", tmp_path / "sum.png"
    words = [run, "--judge", judge, "--samples", 120, "--trials", 20, "--least", 3, "--out", out]
    monkeypatch.setattr(sys, "argv", ["arithmetic", *map(str, words)])
    arithmetic.main()
    assert Image.open(out).size[1] > 8 * 16
    told = capsys.readouterr().out
    assert "| all | all | 20 |" in told
    assert f"best: python -m keras_t2i.generate {run} --arithmetic" in told
    monkeypatch.setattr(sys, "argv", ["arithmetic", str(judge), "--judge", str(judge)])
    with pytest.raises(InputError, match="a run that draws from noise alone"):
        arithmetic.main()
    monkeypatch.setattr(sys, "argv", ["arithmetic", str(run), "--judge", str(run)])
    with pytest.raises(InputError, match="a run that reads labels"):
        arithmetic.main()
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--least", "2"])
    with pytest.raises(InputError, match=r"--least must be at least 3\. Received: 2"):
        arithmetic.main()


def spread(traits, logits):
    """Values of all kinds, whatever an untrained judge reads."""
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(len(t.values), size=len(logits)) for t in traits], 1)
