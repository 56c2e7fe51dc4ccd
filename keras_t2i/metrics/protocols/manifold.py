"""Precision, recall, density and coverage."""

from dataclasses import dataclass
from typing import ClassVar

from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.manifold import precision_recall
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Manifold(ScoringProtocol):
    """Precision, recall, density and coverage, of neighbourhoods among real pictures and fakes.

    Args:
        k: Number of neighbours that a neighbourhood reaches to.
    """

    k: int = 3
    name: ClassVar[str] = "manifold"
    gives: ClassVar[tuple[str, ...]] = ("precision", "recall", "density", "coverage")

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse too few pictures on a side."""
        if min(inputs.real_pictures.count, inputs.fake.count) <= self.k:
            raise Unavailable(f"not more than k = {self.k} pictures")

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """The four."""
        found = precision_recall(inputs.reals.features, inputs.fakes.features, self.k)
        protocol = f"{inputs.sides}/k-{self.k}"
        return [Score(name, value, protocol, "higher") for name, value in found.items()]
