"""The Fréchet distance to unseen real pictures."""

import warnings
from dataclasses import dataclass
from typing import ClassVar

from keras_t2i.metrics.bootstrap import bootstrap_interval
from keras_t2i.metrics.frechet import frechet_distance, moments
from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Frechet(ScoringProtocol):
    """The Fréchet distance to unseen real pictures; FID by the canonical network."""

    name: ClassVar[str] = "frechet"
    gives: ClassVar[tuple[str, ...]] = ("frechet", "fid")

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse where there are no real pictures."""
        _ = inputs.real_pictures

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`fid` or `frechet`."""
        real, fake = moments(inputs.reals.features), inputs.fakes.features
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            value = frechet_distance(real, moments(fake))
        inputs.notes.extend(str(warning.message) for warning in caught)
        interval = None
        if inputs.draws:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                interval = bootstrap_interval(
                    lambda rows: frechet_distance(real, moments(fake[rows])),
                    len(fake), inputs.draws, inputs.seed,
                )  # fmt: skip
        name = "fid" if inputs.extractor.canonical else "frechet"
        return [Score(name, value, inputs.sides, "lower", interval=interval)]
