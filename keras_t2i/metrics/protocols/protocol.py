"""What a way to score is, and what it gives."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from keras_t2i.metrics.inputs import EvaluationInputs


@dataclass(frozen=True)
class Score:
    """A figure, and all that one must know of it.

    Args:
        name: What was measured; `fid` only by the canonical network.
        value: The figure.
        protocol: Extractor, resizing, pictures and seed.
        better: `lower` or `higher`; empty where neither is.
        deviation: Standard deviation over subsets, parts or folds.
        interval: 95 % interval by bootstrap, if it was asked for.
        details: Further figures by name, such as the score of each group of labels.
    """

    name: str
    value: float
    protocol: str
    better: str = ""
    deviation: float | None = None
    interval: tuple[float, float] | None = None
    details: Mapping[str, float] = field(default_factory=dict)


class ScoringProtocol(ABC):
    """A way to score pictures; its settings are fields, and stand in the names of its scores."""

    name: ClassVar[str]
    """What commands call it."""

    reads_conditions: ClassVar[bool] = False
    """Whether it judges what pictures show, not how they look: real ones set its upper bound."""

    @abstractmethod
    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """Score the inputs' fakes.

        Raises:
            Unavailable: These pictures or this extractor cannot give it.
        """
