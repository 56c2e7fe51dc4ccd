"""The set of pictures that a model draws for conditions."""

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.pictures import Pictures, PictureSet
from keras_t2i.metrics.state import State
from keras_t2i.metrics.subject import Generates

_SEEDS = 1_000_000  # a picture's noise is seed · _SEEDS + its row


def sampled_pictures(
    subject: Generates, name: str, conditions: Conditions, seed: int, best: bool = False
) -> PictureSet:
    """Pictures that a model draws for conditions.

    Its key holds all that a picture can depend on: the weights, the seed, and what the conditions
    say, with the real pictures' places.

    Args:
        subject: The model.
        name: Name in tables.
        conditions: Conditions to draw for.
        seed: Seed of all noise.
        best: Whether these are the best watched weights of a run, not its last.

    Raises:
        InputError: The model cannot draw them.
    """
    fingerprint = subject.fingerprint()

    def read(some: np.ndarray) -> Pictures:
        return subject.sample_conditions(conditions[some], (seed * _SEEDS + some).tolist())

    key = {"sampled_from": fingerprint, "conditions": conditions.digest(), "seed": seed}
    state = State(fingerprint, subject.step, best)
    return PictureSet(name, key, len(conditions), read, conditions, state)
