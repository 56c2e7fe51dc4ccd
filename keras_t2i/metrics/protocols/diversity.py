"""Variety of the pictures of one condition."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.protocols.perceptual_pairs import pair_distances, require_maps
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol

Pairs = Sequence[tuple[int, int]]
"""Places of two pictures each."""


@dataclass(frozen=True)
class Diversity(ScoringProtocol):
    """The perceptual distance of pictures drawn for the same caption, labels or class.

    The same of unseen real pictures of one class, or else of the same labels, stands in its
    details: what is wanted.

    Args:
        pairs: Number of pairs at most.
    """

    pairs: int = 100
    name: ClassVar[str] = "diversity"
    gives: ClassVar[tuple[str, ...]] = ("perceptual-diversity",)

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse an extractor without maps, and pictures of which no two have one condition."""
        require_maps(inputs.extractor)
        if not self._drawn(inputs):
            raise Unavailable("no two pictures were drawn for the same condition; raise --count")

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`perceptual-diversity`: the mean over the pairs."""
        drawn, real = self._drawn(inputs), self._real(inputs)
        details = {"real pictures": _apart(inputs, inputs.real_pictures, real)} if real else {}
        protocol = inputs.suffix("pairs-of-one-condition", len(drawn))
        value = _apart(inputs, inputs.fake, drawn)
        return [Score("perceptual-diversity", value, protocol, "higher", details=details)]

    def _drawn(self, inputs: EvaluationInputs) -> Pairs:
        asked = inputs.asked
        return self._alike(
            asked.captions if any(asked.captions) else _labels(asked) or asked.classes.tolist()
        )

    def _real(self, inputs: EvaluationInputs) -> Pairs:
        if inputs.real is None or inputs.real.conditions is None:
            return []
        held = inputs.real.conditions
        return self._alike(held.classes.tolist() if (held.classes >= 0).any() else _labels(held))

    def _alike(self, conditions: Sequence[Hashable]) -> Pairs:
        """Pairs of places of one condition: of each a pair before any gives a second."""
        places: dict[Hashable, list[int]] = {}
        for place, condition in enumerate(conditions):
            places.setdefault(condition, []).append(place)
        return list(islice(_in_turn(list(places.values())), self.pairs))


def _in_turn(groups: Sequence[list[int]]) -> Iterator[tuple[int, int]]:
    """The first two places of each group, then the next two of each, and so on."""
    for start in range(0, max(map(len, groups), default=0) - 1, 2):
        for group in groups:
            if start + 1 < len(group):
                yield group[start], group[start + 1]


def _labels(conditions: Conditions) -> list[Hashable]:
    """A value for each set of labels; none where there are no labels."""
    if not conditions.labels.shape[1]:
        return []
    return [row.tobytes() for row in conditions.labels]


def _apart(inputs: EvaluationInputs, pictures: PictureSet, pairs: Pairs) -> float:
    """The mean perceptual distance of pairs of pictures."""
    first, second = np.array(pairs).T
    return float(pair_distances(inputs.extractor, (pictures, first), (pictures, second)).mean())
