"""The Inception Score."""

from dataclasses import dataclass
from typing import ClassVar

from keras_t2i.metrics.inception import inception_score
from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Inception(ScoringProtocol):
    """The Inception Score, by whichever classifier sees the pictures; needs no real ones.

    Args:
        splits: Number of parts.
    """

    splits: int = 10
    name: ClassVar[str] = "inception-score"
    gives: ClassVar[tuple[str, ...]] = ("classifier-score", "inception-score")

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`inception-score` with its deviation over the parts; of others, `classifier-score`."""
        if inputs.fakes.logits is None:
            raise Unavailable(f"{inputs.extractor.name} is no classifier")
        if len(inputs.fakes.logits) < self.splits:
            raise Unavailable(f"fewer than {self.splits} pictures")
        mean, deviation = inception_score(inputs.fakes.logits, self.splits, inputs.seed)
        name = "inception-score" if inputs.extractor.canonical else "classifier-score"
        protocol = inputs.suffix(f"fakes-{inputs.fake.count}", f"parts-{self.splits}")
        return [Score(name, mean, protocol, "higher", deviation)]
