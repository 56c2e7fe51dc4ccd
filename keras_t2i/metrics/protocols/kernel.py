"""The kernel distance to unseen real pictures."""

from dataclasses import dataclass
from typing import ClassVar

from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.kernel import kernel_distance
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Kernel(ScoringProtocol):
    """The kernel distance to unseen real pictures; KID by the canonical network.

    Args:
        subsets: Number of random subsets.
        size: Number of pictures of a subset, at most.
    """

    subsets: int = 100
    size: int = 1000
    name: ClassVar[str] = "kernel"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`kid` or `kernel`, with its deviation over the subsets."""
        real = inputs.reals.features
        mean, deviation = kernel_distance(
            inputs.fakes.features, real, self.subsets, self.size, inputs.seed
        )
        name = "kid" if inputs.extractor.canonical else "kernel"
        protocol = f"{inputs.sides}/{self.subsets}x{self.size}"
        return [Score(name, mean, protocol, "lower", deviation)]
