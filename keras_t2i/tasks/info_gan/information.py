"""Mutual information of two labellings of the same pictures."""

import numpy as np


def mutual_information(one: np.ndarray, other: np.ndarray) -> float:
    """Σ p(a, b) log (p(a, b) / p(a) p(b)), in nats, from counts.

    Args:
        one: Labels, whole numbers (N,).
        other: Labels, whole numbers (N,).
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
    """The mutual information as a share of what is uncertain in `other`, in [0, 1]."""
    entropy = mutual_information(other, other)
    return mutual_information(one, other) / entropy if entropy > 0 else 0.0


def expected_by_chance(one: np.ndarray, other: np.ndarray, draws: int = 20, seed: int = 0) -> float:
    """The share that is explained when the pairs are shuffled: what few pictures feign."""
    rng = np.random.default_rng(seed)
    return float(
        np.mean([uncertainty_explained(rng.permutation(one), other) for _ in range(draws)])
    )
