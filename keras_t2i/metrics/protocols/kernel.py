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
        size: Number of pictures of a subset; all, where a side has fewer.
    """

    subsets: int = 100
    size: int = 1000
    name: ClassVar[str] = "kernel"
    gives: ClassVar[tuple[str, ...]] = ("kernel", "kid")

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse where there are no real pictures."""
        _ = inputs.real_pictures

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`kid` or `kernel`, with its deviation over the subsets if there are several."""
        counts = inputs.fake.count, inputs.real_pictures.count
        size = min(self.size, *counts)
        subsets = 1 if set(counts) == {size} else self.subsets  # there is one subset of all
        mean, deviation = kernel_distance(
            inputs.fakes.features, inputs.reals.features, subsets, size, inputs.seed
        )
        name = "kid" if inputs.extractor.canonical else "kernel"
        protocol = f"{inputs.sides}/{subsets}x{size}"
        return [Score(name, mean, protocol, "lower", deviation if subsets > 1 else None)]
