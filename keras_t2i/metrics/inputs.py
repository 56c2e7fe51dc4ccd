"""What scores are computed from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from keras_t2i.metrics.extractors import Extractor
from keras_t2i.metrics.features import Features, FeatureStore
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.scorers import RidgeScorer, Scorer
from keras_t2i.pipelines.attributes import AttributeSchema


class Unavailable(Exception):
    """A score that these pictures, or this extractor, cannot give; the message says why."""


@dataclass(frozen=True)
class EvaluationInputs:
    """Pictures to be judged and real ones, seen by the same network.

    Args:
        fake: The pictures to be judged.
        real: Real pictures that nothing was trained on.
        train: Real pictures of the training.
        extractor: The network that sees them.
        store: Its features.
        seed: Of every random choice of a score.
        schema: The data's labels; `None` where they have none.
        classes: Names of the data's classes.
        judge: A network whose logits are the labels.
        encode: Captions to embeddings (N, E), by the encoder that the pictures are drawn with.
        draws: Of the bootstrap; none by default.
        notes: What a reader of the scores must know; filled by the scores.
    """

    fake: PictureSet
    real: PictureSet
    train: PictureSet
    extractor: Extractor
    store: FeatureStore
    seed: int = 0
    schema: AttributeSchema | None = None
    classes: tuple[str, ...] = ()
    judge: Extractor | None = None
    encode: Callable[[Sequence[str]], np.ndarray] | None = None
    draws: int = 0
    notes: list[str] = field(default_factory=list)

    @cached_property
    def fakes(self) -> Features:
        """The fakes as the extractor sees them."""
        return self.store.features(self.fake, self.extractor)

    @cached_property
    def reals(self) -> Features:
        """The unseen real pictures."""
        return self.store.features(self.real, self.extractor)

    @cached_property
    def trained(self) -> Features:
        """The training pictures."""
        return self.store.features(self.train, self.extractor)

    @cached_property
    def read(self) -> np.ndarray:
        """The judge's label logits of the fakes (N, n)."""
        if self.judge is None:
            raise Unavailable("no --judge that reads labels")
        return self.store.features(self.fake, self.judge).logits

    @cached_property
    def scorer(self) -> Scorer:
        """Matches pictures and captions, fitted on the real training pictures."""
        if self.encode is None:
            raise Unavailable("no encoder of captions")
        return RidgeScorer(
            self.trained.features, self.train.conditions.captions, self.encode, "own-encoder"
        )

    def suffix(self, *what: object) -> str:
        """What a score's name ends with: all that it depends on."""
        parts = [self.extractor.name, f"clean-{self.extractor.size}", *what, f"seed-{self.seed}"]
        return "/".join(str(part) for part in parts)
