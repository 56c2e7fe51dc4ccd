"""Distance of pictures from the nearest real picture."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.manifold import nearest_neighbours
from keras_t2i.metrics.protocols.perceptual_pairs import pair_distances, require_maps
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Nearest(ScoringProtocol):
    """The perceptual distance to the unseen real picture that is nearest by features.

    Args:
        pictures: Number of pictures that are compared.
    """

    pictures: int = 100
    name: ClassVar[str] = "nearest"
    gives: ClassVar[tuple[str, ...]] = ("perceptual-nearest",)

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse where there are no real pictures, and an extractor without maps."""
        _ = inputs.real_pictures
        require_maps(inputs.extractor)

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`perceptual-nearest`: the mean over the pictures."""
        count, real = min(self.pictures, inputs.fake.count), inputs.real_pictures
        rows, _ = nearest_neighbours(inputs.fakes.features[:count], inputs.reals.features)
        fakes = inputs.fake, np.arange(count)
        distances = pair_distances(inputs.extractor, fakes, (real, rows))
        protocol = inputs.suffix("pairs-nearest-real", count, real.label)
        return [Score("perceptual-nearest", float(distances.mean()), protocol, "lower")]
