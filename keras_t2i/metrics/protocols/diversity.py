"""Variety of the pictures of one condition."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.protocols.perceptual_pairs import pair_distances, require_maps
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Diversity(ScoringProtocol):
    """The perceptual distance of pictures drawn for the same condition; needs no real ones.

    Args:
        pairs: Number of conditions, two pictures of each.
    """

    pairs: int = 100
    name: ClassVar[str] = "diversity"
    gives: ClassVar[tuple[str, ...]] = ("perceptual-diversity",)

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse an extractor without maps, and pictures of which no two have one condition."""
        require_maps(inputs.extractor)
        if not self._pairs(inputs):
            raise Unavailable("no two pictures were drawn for the same condition; raise --count")

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`perceptual-diversity`: the mean over the pairs."""
        pairs = self._pairs(inputs)
        first, second = np.array(pairs).T
        distances = pair_distances(inputs.extractor, (inputs.fake, first), (inputs.fake, second))
        protocol = inputs.suffix("pairs-within-condition", len(pairs))
        return [Score("perceptual-diversity", float(distances.mean()), protocol, "higher")]

    def _pairs(self, inputs: EvaluationInputs) -> list[list[int]]:
        """Rows of two pictures each that were drawn for the same condition."""
        places: dict[int, list[int]] = {}
        for place, row in enumerate(inputs.asked.rows.tolist()):
            places.setdefault(row, []).append(place)
        return [found[:2] for found in places.values() if len(found) > 1][: self.pairs]
