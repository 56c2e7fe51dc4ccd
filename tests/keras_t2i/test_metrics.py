"""Metrics against tensorflow-gan, SciPy, closed forms and each other."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm

from keras_t2i.metrics.bootstrap import bootstrap_interval
from keras_t2i.metrics.condition_accuracy import labels_named
from keras_t2i.metrics.frechet import MomentAccumulator, Moments, frechet_distance, moments
from keras_t2i.metrics.inception import inception_score
from keras_t2i.metrics.kernel import kernel_distance, squared_discrepancy
from keras_t2i.metrics.manifold import (
    duplicates,
    nearest_neighbours,
    precision_recall,
    squared_distances,
)
from keras_t2i.metrics.perceptual import perceptual_distance
from keras_t2i.metrics.r_precision import mismatched_rows, r_precision
from keras_t2i.metrics.scorers import RidgeScorer
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.dataset_info import Attribute

ORACLES = json.loads((Path(__file__).parents[1] / "oracles" / "oracles.json").read_text())[
    "metrics"
]


def oracle(name):
    case = ORACLES[name]
    return {k: np.array(v) for k, v in case["inputs"].items()}, case["outputs"]


@pytest.mark.filterwarnings("ignore:.*singular")
@pytest.mark.parametrize("name", ["frechet_distance", "frechet_distance/few"])
def test_frechet_distance_is_tensorflow_gans(name):
    inputs, outputs = oracle(name)
    found = frechet_distance(moments(inputs["real"]), moments(inputs["fake"]))
    np.testing.assert_allclose(found, outputs["distance"], rtol=1e-8)


def test_kernel_distance_is_tensorflow_gans():
    inputs, outputs = oracle("kernel_distance/one_block")
    found = squared_discrepancy(inputs["real"], inputs["fake"])
    np.testing.assert_allclose(found, outputs["distance"], rtol=1e-8)


def test_inception_score_is_tensorflow_gans():
    inputs, outputs = oracle("classifier_score")
    mean, deviation = inception_score(inputs["logits"], splits=1)
    np.testing.assert_allclose(mean, outputs["score"], rtol=1e-9)
    assert deviation == 0


def gaussian(rng, dimensions):
    root = rng.normal(size=(dimensions, dimensions))
    return Moments(10**6, rng.normal(size=dimensions), root @ root.T)


def test_frechet_distance_of_known_gaussians():
    rng = np.random.default_rng(0)
    one, other = gaussian(rng, 6), gaussian(rng, 6)
    root = sqrtm(one.covariance @ other.covariance).real
    expected = np.sum((one.mean - other.mean) ** 2) + np.trace(
        one.covariance + other.covariance - 2 * root
    )
    np.testing.assert_allclose(frechet_distance(one, other), expected, rtol=1e-8)
    assert abs(frechet_distance(one, one)) < 1e-9
    np.testing.assert_allclose(frechet_distance(one, other), frechet_distance(other, one))
    shifted = Moments(one.count, one.mean + 2.0, one.covariance)
    np.testing.assert_allclose(frechet_distance(one, shifted), 4.0 * 6)
    scaled = Moments(one.count, one.mean, 9.0 * one.covariance)
    np.testing.assert_allclose(frechet_distance(one, scaled), 4.0 * np.trace(one.covariance))


def test_moments_come_in_any_batches_and_keep_their_digits():
    features = 1e6 + np.random.default_rng(0).normal(size=(97, 5))
    accumulator = MomentAccumulator()
    for start in (0, 1, 40, 96):
        accumulator.add(features[start : {0: 1, 1: 40, 40: 96, 96: 97}[start]])
    accumulator.add(features[:0])
    found = accumulator.result()
    assert found.count == 97
    np.testing.assert_allclose(found.mean, features.mean(0), rtol=1e-14)
    np.testing.assert_allclose(found.covariance, np.cov(features.T), atol=1e-8)


def test_singular_covariances_are_told_and_give_a_finite_distance():
    rng = np.random.default_rng(0)
    few, many = moments(rng.normal(size=(5, 8))), moments(rng.normal(size=(50, 8)))
    with pytest.warns(UserWarning, match="5 pictures for 8 dimensions"):
        distance = frechet_distance(few, many)
    assert np.isfinite(distance)
    assert distance > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(many, many)


def test_impossible_moments_are_refused():
    with pytest.raises(ValueError, match="at least two pictures"):
        moments(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="3 and 2"):
        frechet_distance(moments(np.eye(3)), moments(np.eye(2)))


def test_kernel_distance_is_unbiased_and_grows_with_the_distance():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 400, 4))
    near, deviation = kernel_distance(one, other, subsets=50, size=100)
    assert abs(near) < 0.1
    assert deviation > 0
    assert kernel_distance(one, other + 1.0, subsets=20, size=100)[0] > 1
    assert kernel_distance(one, other, seed=3) == kernel_distance(one, other, seed=3)
    with pytest.raises(ValueError, match="at least two rows"):
        kernel_distance(one[:1], other)


def test_inception_score_of_known_predictions():
    certain = 50.0 * np.eye(4)[np.arange(40) % 4]
    np.testing.assert_allclose(inception_score(certain, splits=1)[0], 4.0)
    np.testing.assert_allclose(inception_score(np.zeros((40, 4)))[0], 1.0)
    with pytest.raises(ValueError, match="cannot be cut"):
        inception_score(np.zeros((4, 4)), splits=10)


def test_precision_and_recall_of_known_sets():
    rng = np.random.default_rng(0)
    real, same = rng.normal(size=(2, 600, 3))
    both = precision_recall(real, same)
    assert min(both["precision"], both["recall"], both["coverage"]) > 0.85
    assert 0.8 < both["density"] < 1.2
    narrow = precision_recall(real, 0.05 * same)  # good pictures, no variety
    assert narrow["precision"] > 0.95
    assert narrow["recall"] < 0.05
    far = precision_recall(real, same + 20.0)
    assert far == {"precision": 0.0, "recall": 0.0, "density": 0.0, "coverage": 0.0}
    with pytest.raises(ValueError, match="More than k = 3"):
        precision_recall(real[:3], same)


def test_neighbours_in_parts_are_neighbours():
    rng = np.random.default_rng(0)
    some, others = rng.normal(size=(1500, 4)), rng.normal(size=(70, 4))
    rows, distances = nearest_neighbours(some, others)
    apart = np.linalg.norm(some[:, None] - others, axis=-1)
    np.testing.assert_array_equal(rows, apart.argmin(1))
    np.testing.assert_allclose(distances, apart.min(1), atol=1e-7)
    assert squared_distances(some, some).min() >= 0


def test_copies_of_training_pictures_are_counted():
    rng = np.random.default_rng(0)
    train, unseen, new = rng.normal(size=(3, 300, 8))
    copied = np.concatenate([new[:200], train[:100] + 1e-3])
    found = duplicates(copied, train, unseen)
    assert abs(found["share"] - 1 / 3) < 0.05
    assert duplicates(new, train, unseen)["share"] < 0.06


def test_r_precision_counts_the_true_caption_alone():
    scores = np.zeros((20, 100))
    assert r_precision(scores) == (0.0, 0.0)  # ties do not count
    scores[:10, 0] = 1.0
    mean, deviation = r_precision(scores, folds=10)
    assert mean == 0.5
    np.testing.assert_allclose(deviation, 0.5)
    with pytest.raises(ValueError, match="C ≥ 1"):
        r_precision(np.zeros((20, 1)))


def test_mismatched_rows_are_of_other_classes():
    labels = np.array([0, 0, 1, 2, 2])
    drawn = mismatched_rows(labels, 99, np.random.default_rng(0))
    assert drawn.shape == (5, 99)
    assert (labels[drawn] != labels[:, None]).all()
    with pytest.raises(ValueError, match="second class"):
        mismatched_rows(np.zeros(3), 9, np.random.default_rng(0))


def test_perceptual_distance_is_the_papers_equation():
    rng = np.random.default_rng(0)
    one, other = ([rng.normal(size=(2, s, s, c)) for s, c in ((4, 3), (2, 5))] for _ in "ab")
    heads = [rng.uniform(size=3), rng.uniform(size=5)]
    expected = np.zeros(2)
    for x, y, w in zip(one, other, heads, strict=True):
        for row in range(2):
            for place in np.ndindex(x.shape[1:3]):
                a, b = x[row][place], y[row][place]
                apart = a / np.linalg.norm(a) - b / np.linalg.norm(b)
                expected[row] += (w * apart**2).sum() / (x.shape[1] * x.shape[2])
    np.testing.assert_allclose(perceptual_distance(one, other, heads), expected, rtol=1e-6)
    np.testing.assert_allclose(perceptual_distance(one, one), 0.0)
    with pytest.raises(ValueError, match="equal shapes"):
        perceptual_distance(one, other[::-1])
    with pytest.raises(ValueError, match="maps' widths"):
        perceptual_distance(one, other, heads[::-1])


def test_bootstrap_intervals_hold_the_mean():
    rng = np.random.default_rng(0)
    held = 0
    for seed in range(40):
        values = rng.normal(size=200)
        low, high = bootstrap_interval(lambda rows, v=values: float(v[rows].mean()), 200, 200, seed)
        held += low < 0.0 < high
        assert 0.15 < high - low < 0.4  # 2 · 1.96 / √200 is 0.28
    assert held >= 34


def test_a_ridge_scorer_finds_the_captions_of_unseen_pictures():
    rng = np.random.default_rng(0)
    meaning = rng.normal(size=(300, 6))
    features = meaning @ rng.normal(size=(6, 20)) + rng.normal(0, 0.1, (300, 20))
    embeddings = {str(i): row for i, row in enumerate(meaning @ rng.normal(size=(6, 8)))}
    names = list(embeddings)
    scorer = RidgeScorer(
        features[:200], names[:200], lambda texts: np.stack([embeddings[t] for t in texts]), "x",
        strength=0.01,
    )  # fmt: skip
    matches = scorer(features[200:], names[200:])
    assert matches.shape == (100, 100)
    assert np.mean(matches.argmax(1) == np.arange(100)) > 0.9


def test_labels_are_named_by_whole_words():
    schema = AttributeSchema((
        Attribute("body", ("red", "light blue"), aliases={"scarlet": "red"}),
        Attribute("bill", ("short", "hooked")),
    ))  # fmt: skip
    captions = ["a scarlet bird.", "its Light-Blue body, with a hooked bill", "a tired shorty"]
    np.testing.assert_array_equal(
        labels_named(schema, captions),
        [[True, False, False, False], [False, True, False, True], [False] * 4],
    )
