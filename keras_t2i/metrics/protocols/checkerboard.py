"""Whether pictures are dotted as transposed convolutions leave them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.checkerboard import alternating_share
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Checkerboard(ScoringProtocol):
    """The share of energy that alternates from pixel to pixel; needs no real pictures.

    Args:
        pictures: Largest number of pictures.
    """

    pictures: int = 200
    name: ClassVar[str] = "checkerboard"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`checkerboard`: the mean over the pictures."""
        count = min(self.pictures, inputs.fake.count)
        shares = [alternating_share(each) for each in inputs.fake.read(np.arange(count))]
        protocol = f"own-size/first-{count}"
        return [Score("checkerboard", float(np.mean(shares)), protocol, "lower")]
