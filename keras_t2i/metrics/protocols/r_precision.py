"""Share of pictures whose true caption matches them best."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol
from keras_t2i.metrics.r_precision import mismatched_rows, r_precision

_LISTED = 50  # classes whose scores are listed, at most


@dataclass(frozen=True)
class RPrecision(ScoringProtocol):
    """The share of pictures whose true caption matches best among mismatched ones.

    Args:
        mismatched: Number of captions of other classes beside the true one.
        folds: Number of parts over which the deviation is taken.
    """

    mismatched: int = 99
    folds: int = 10
    name: ClassVar[str] = "r-precision"
    reads_conditions: ClassVar[bool] = True

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse captions of one class, and too few pictures."""
        if len(set(_kinds(inputs.asked).tolist())) < 2 or inputs.fake.count < self.folds:
            raise Unavailable("needs captions of several classes, and more pictures")

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`r-precision`, top 1."""
        asked, scorer, kinds = inputs.asked, inputs.scorer, _kinds(inputs.asked)
        captions = sorted(set(asked.captions))
        place = {caption: i for i, caption in enumerate(captions)}
        own = np.array([place[caption] for caption in asked.captions])
        rng = np.random.default_rng(inputs.seed)
        others = own[mismatched_rows(kinds, self.mismatched, rng)]
        matches = scorer(inputs.fakes.features, captions)
        compared = np.concatenate([own[:, None], others], axis=1)
        found = np.take_along_axis(matches, compared, 1)
        mean, deviation = r_precision(found, self.folds)
        protocol = inputs.suffix(
            scorer.name, f"1+{self.mismatched}", asked.split, inputs.fake.count
        )
        details = {"(chance)": 1.0 / (1 + self.mismatched)}
        hits = found[:, 0] > found[:, 1:].max(1)
        details |= _by_class(hits, asked.classes, inputs.classes)
        return [Score("r-precision", mean, protocol, "higher", deviation, details=details)]


def _kinds(asked: Conditions) -> np.ndarray:
    """Numbers (N,) that tell whose captions match: classes, or pictures where there are none."""
    return asked.classes if (asked.classes >= 0).all() else asked.rows


def _by_class(hits: np.ndarray, classes: np.ndarray, names: tuple[str, ...]) -> dict[str, float]:
    """The share of hits of each class that occurs, unless too many do."""
    occurring = [kind for kind in np.unique(classes) if kind >= 0]
    if len(occurring) > _LISTED:
        return {}
    return {names[kind]: float(hits[classes == kind].mean()) for kind in occurring}
