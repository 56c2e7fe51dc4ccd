"""The Inception Score: sure of each picture, diverse over all."""

import numpy as np


def inception_score(logits: np.ndarray, splits: int = 10, seed: int = 0) -> tuple[float, float]:
    """exp(E KL(p(y|x) ‖ p(y))) (Salimans et al. 2016), over parts of the shuffled pictures.

    Args:
        logits: Logits of a classifier, float (N, classes).
        splits: Number of parts of equal size; the mean over them depends on their number and size,
            which belong to the score's name.
        seed: Seed of the shuffling.

    Returns:
        Mean and standard deviation over the parts.

    Raises:
        ValueError: Fewer pictures than parts.
    """
    logits = np.asarray(logits, "float64")
    if not 1 <= splits <= len(logits):
        raise ValueError(f"{len(logits)} pictures cannot be cut into {splits} parts.")
    order = np.random.default_rng(seed).permutation(len(logits))
    parts = np.array_split(_log_softmax(logits)[order], splits)
    scores = [np.exp(_mean_divergence(part)) for part in parts]
    return float(np.mean(scores)), float(np.std(scores))


def _mean_divergence(log_p: np.ndarray) -> float:
    p = np.exp(log_p)
    marginal = p.mean(0)
    log_marginal = np.log(np.maximum(marginal, np.finfo("float64").tiny))
    return float(np.mean(np.sum(p * (log_p - log_marginal), axis=1)))


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
