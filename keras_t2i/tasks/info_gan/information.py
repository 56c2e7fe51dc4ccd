"""Mutual information of two labellings of the same pictures."""

import numpy as np


def mutual_information(one: np.ndarray, other: np.ndarray) -> float:
    """Σ p(a, b) log (p(a, b) / p(a) p(b)), in nats, of the shares among N pictures.

    Args:
        one: Labels of the pictures, whole numbers (N,).
        other: Other labels of the same pictures, whole numbers (N,).
    """
    _, a = np.unique(one, return_inverse=True)
    _, b = np.unique(other, return_inverse=True)
    counts = np.zeros((a.max() + 1, b.max() + 1), int)
    np.add.at(counts, (a, b), 1)
    joint = counts / len(a)
    apart = joint.sum(1, keepdims=True) * joint.sum(0)
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())


def uncertainty_explained(one: np.ndarray, other: np.ndarray) -> float:
    """The mutual information as a share of the entropy of `other`, in [0, 1].

    Args:
        one: Labels of the pictures, whole numbers (N,).
        other: Other labels of the same pictures, whole numbers (N,); all equal give 0.
    """
    entropy = mutual_information(other, other)
    return mutual_information(one, other) / entropy if entropy > 0 else 0.0


def expected_by_chance(one: np.ndarray, other: np.ndarray, draws: int = 20, seed: int = 0) -> float:
    """The share that is explained when the pairs are shuffled, which few pictures make large.

    Args:
        one: Labels of the pictures, whole numbers (N,).
        other: Other labels of the same pictures, whole numbers (N,).
        draws: Number of shuffles, over which the mean is taken.
        seed: Seed of the shuffles.
    """
    rng = np.random.default_rng(seed)
    return float(
        np.mean([uncertainty_explained(rng.permutation(one), other) for _ in range(draws)])
    )
