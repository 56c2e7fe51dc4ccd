"""Differences of the metrics from other implementations: the worst relative one of each.

    python benchmarks/oracle_parity.py

tensorflow-gan's figures are in tests/oracles/oracles.json (`make oracles` records them anew);
SciPy's matrix root and the closed forms of Gaussians are computed here.
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.linalg import sqrtm

from keras_t2i.metrics.frechet import Moments, frechet_distance, moments
from keras_t2i.metrics.inception import inception_score
from keras_t2i.metrics.kernel import kernel_distance, squared_discrepancy

_ORACLES = Path(__file__).parents[1] / "tests" / "oracles" / "oracles.json"
_GAUSSIANS = 50


def main() -> None:
    warnings.simplefilter("ignore")
    held = json.loads(_ORACLES.read_text())["metrics"]
    rows = {
        "Fréchet distance, tensorflow-gan": [
            difference(
                frechet_distance(*(moments(inputs(held[n], side)) for side in ("real", "fake"))),
                held[n]["outputs"]["distance"],
            )
            for n in ("frechet_distance", "frechet_distance/few")
        ],
        "kernel distance, tensorflow-gan": [
            difference(
                squared_discrepancy(*(inputs(held[n], side) for side in ("real", "fake"))),
                held[n]["outputs"]["distance"],
            )
            for n in ("kernel_distance/one_block",)
        ],
        "Inception Score, tensorflow-gan": [
            difference(
                inception_score(inputs(held["classifier_score"], "logits"), splits=1)[0],
                held["classifier_score"]["outputs"]["score"],
            )
        ],
        "Fréchet distance, SciPy's matrix root": [
            scipy_difference(seed) for seed in range(_GAUSSIANS)
        ],
        "Fréchet distance, closed form (shift, scale)": [
            found for seed in range(_GAUSSIANS) for found in closed_forms(seed)
        ],
    }
    print("| metric, against | cases | worst relative difference |\n|---|---|---|")
    for name, found in rows.items():
        print(f"| {name} | {len(found)} | {max(found):.1e} |")
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2000, 64)), rng.normal(size=(2000, 64))
    mean, deviation = kernel_distance(one, other, subsets=100, size=1000)
    print(f"\nkernel distance of two draws of one Gaussian: {mean:.2e} ± {deviation:.2e}")


def inputs(case: dict, side: str) -> np.ndarray:
    return np.array(case["inputs"][side])


def difference(found: float, expected: float) -> float:
    return abs(found - expected) / abs(expected)


def gaussian(rng: np.random.Generator, dimensions: int) -> Moments:
    root = rng.normal(size=(dimensions, dimensions))
    return Moments(10**6, rng.normal(size=dimensions), root @ root.T)


def scipy_difference(seed: int) -> float:
    rng = np.random.default_rng(seed)
    one, other = gaussian(rng, 48), gaussian(rng, 48)
    root = sqrtm(one.covariance @ other.covariance).real
    trace = np.trace(one.covariance + other.covariance - 2 * root)
    return difference(frechet_distance(one, other), np.sum((one.mean - other.mean) ** 2) + trace)


def closed_forms(seed: int) -> tuple[float, float]:
    one = gaussian(np.random.default_rng(seed), 48)
    shifted = Moments(one.count, one.mean + 2.0, one.covariance)
    scaled = Moments(one.count, one.mean, 9.0 * one.covariance)
    return (
        difference(frechet_distance(one, shifted), 4.0 * 48),
        difference(frechet_distance(one, scaled), 4.0 * np.trace(one.covariance)),
    )


if __name__ == "__main__":
    main()
