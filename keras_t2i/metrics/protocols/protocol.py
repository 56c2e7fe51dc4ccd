"""Protocols, which score pictures, and the scores that they give."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from keras_t2i.metrics.inputs import EvaluationInputs


@dataclass(frozen=True)
class Score:
    """A figure, and all that one must know of it.

    Args:
        name: Name of the score; `fid` only with the canonical network.
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
    """Name of the protocol on the command line."""

    gives: ClassVar[tuple[str, ...]] = ()
    """Names of all scores that it can give; none where there is one score of the same name."""

    reads_conditions: ClassVar[bool] = False
    """Whether it judges what pictures show, not how they look: real ones set its upper bound."""

    @property
    def score_names(self) -> tuple[str, ...]:
        """Names of the scores that it can give."""
        return self.gives or (self.name,)

    def check(self, inputs: EvaluationInputs) -> None:  # noqa: B027 - most refuse nothing
        """Refuse, before anything is drawn, what cannot be scored; by default nothing is refused.

        Raises:
            Unavailable: The pictures or the extractor cannot give the score.
        """

    @abstractmethod
    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """Score the inputs' fakes.

        Raises:
            Unavailable: The pictures or the extractor cannot give the score.
        """
