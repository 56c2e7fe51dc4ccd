"""Measures of a classifier's activations, by tensorflow-gan."""

import numpy as np
import tensorflow as tf
import tensorflow_gan as tfgan
from cases import Cases


def metrics() -> Cases:
    """Distances of activations and the classifier score, all in float64."""
    rng = np.random.default_rng(5)
    mixing = rng.normal(size=(8, 8))
    real = rng.normal(size=(64, 8)).round(2)
    fake = (0.5 + rng.normal(size=(50, 8)) @ mixing / 3).round(2)
    logits = rng.normal(scale=2.0, size=(64, 10)).round(2)
    measure = tfgan.eval
    cases = {}
    for name, (a, b) in {"": (real, fake), "/few": (real[:6], fake[:5])}.items():
        pair = {"real": a, "fake": b}
        distance = measure.frechet_classifier_distance_from_activations(*map(tf.constant, (a, b)))
        cases[f"frechet_distance{name}"] = {"inputs": pair, "outputs": {"distance": distance}}
    pair = {"real": real, "fake": fake}
    for name, size in {"one_block": 1024, "four_blocks": 20}.items():
        distance, error = measure.kernel_classifier_distance_and_std_from_activations(
            tf.constant(real), tf.constant(fake), max_block_size=size
        )
        outputs = {"distance": distance}
        if size < len(real):
            outputs["standard_error"] = error  # Not a number for one block.
        cases[f"kernel_distance/{name}"] = {
            "inputs": {"max_block_size": size} | pair,
            "outputs": outputs,
        }
    score = measure.classifier_score_from_logits(tf.constant(logits))
    cases["classifier_score"] = {"inputs": {"logits": logits}, "outputs": {"score": score}}
    return cases
