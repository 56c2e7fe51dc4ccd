"""The share of pictures that are copies of training pictures."""

from dataclasses import dataclass
from typing import ClassVar

from keras_t2i.metrics.inputs import EvaluationInputs
from keras_t2i.metrics.manifold import duplicates
from keras_t2i.metrics.protocols.protocol import Score, ScoringProtocol


@dataclass(frozen=True)
class Copies(ScoringProtocol):
    """The share of pictures nearer to a training picture than 99 % of unseen real ones are."""

    name: ClassVar[str] = "copies"

    def check(self, inputs: EvaluationInputs) -> None:
        """Refuse where there are no real pictures, seen in training and unseen."""
        _ = inputs.train_pictures, inputs.real_pictures

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`copies`."""
        trained, real = inputs.trained.features, inputs.reals.features
        found = duplicates(inputs.fakes.features, trained, real)
        protocol = f"{inputs.sides}/{inputs.train_pictures.name.replace(' ', '-')}"
        details = {f"mean distance of {k}": found[k] for k in ("fake", "unseen")}
        return [Score("copies", found["share"], protocol, "lower", details=details)]
