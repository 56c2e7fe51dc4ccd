"""Inputs of scores: pictures to be judged, and the references that they are judged by."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from keras_t2i.metrics.conditions import Conditions
from keras_t2i.metrics.extractors import Extractor
from keras_t2i.metrics.features import Features, FeatureStore
from keras_t2i.metrics.pictures import PictureSet
from keras_t2i.metrics.scorers import RidgeScorer, Scorer
from keras_t2i.pipelines.attributes import AttributeSchema
from keras_t2i.pipelines.errors import InputError

Encode = Callable[[Sequence[str]], np.ndarray]
"""Captions to embeddings float32 (N, E)."""


FLATTERED = (
    "learned by this very network, {}, which flatters it; do not compare its scores with those of "
    "other runs."
)
"""Note on scores by a network by which the judged model learned."""


class Unavailable(Exception):
    """A score that these pictures, or this extractor, cannot give; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """References that pictures are judged by: the same for all evaluations of a training.

    Args:
        conditions: Conditions that models draw for.
        extractor: The network that sees the pictures.
        store: The store of its features.
        real: Real pictures that nothing was trained on; `None` where the data set is gone.
        train: Real pictures of the training; `None` where the data set is gone.
        judge: A network whose logits are the labels.
        schema: Labels of the data; `None` where they have none.
        classes: Names of the data's classes.
        seed: Seed of all random draws.
        draws: Number of draws of the bootstrap; 0 for no intervals.
    """

    conditions: Conditions
    extractor: Extractor
    store: FeatureStore
    real: PictureSet | None = None
    train: PictureSet | None = None
    judge: Extractor | None = None
    schema: AttributeSchema | None = None
    classes: tuple[str, ...] = ()
    seed: int = 0
    draws: int = 0

    def judging(
        self,
        fake: PictureSet,
        encode: Encode | None = None,
        learned_by: frozenset[str] = frozenset(),
    ) -> "EvaluationInputs":
        """The inputs of an evaluation, with a note where the extractor flatters the pictures.

        Args:
            fake: The pictures to be judged.
            encode: The text encoder that they are drawn with, if there is one.
            learned_by: sha256 of the networks by which the model that drew them learned.
        """
        shared = {f.name: getattr(self, f.name) for f in fields(Reference)}
        inputs = EvaluationInputs(fake=fake, encode=encode, learned_by=learned_by, **shared)
        if inputs.flattered:
            inputs.notes.append(f"{fake.name}: {FLATTERED.format(self.extractor.name)}")
        return inputs


@dataclass(frozen=True, kw_only=True)
class EvaluationInputs(Reference):
    """Pictures to be judged, and the references that they are judged by.

    Args:
        fake: The pictures to be judged.
        encode: The text encoder that they are drawn with, if there is one.
        learned_by: sha256 of the networks by which the model that drew them learned.
        notes: Notes that a reader of the scores must know; filled by the scores.
    """

    fake: PictureSet
    encode: Encode | None = None
    learned_by: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)

    @property
    def flattered(self) -> bool:
        """Whether the extractor is a network by which the judged model learned."""
        sha256, *_ = self.extractor.fingerprint.split()  # what may follow is a range of colours
        return sha256 in self.learned_by

    @property
    def digest(self) -> str:
        """sha256 of all that a score depends on, beside the protocol's settings.

        Scores of the same digest and name need not be computed twice.
        """
        held = {
            "fake": self.fake.digest,
            "real": self.real and self.real.digest,
            "train": self.train and self.train.digest,
            "extractor": [self.extractor.name, self.extractor.fingerprint],
            "judge": self.judge and [self.judge.name, self.judge.fingerprint],
            "seed": self.seed,
            "draws": self.draws,
        }
        return hashlib.sha256(json.dumps(held).encode()).hexdigest()

    @property
    def real_pictures(self) -> PictureSet:
        """The unseen real pictures.

        Raises:
            Unavailable: The data set is gone.
        """
        return _there(self.real)

    @property
    def train_pictures(self) -> PictureSet:
        """The training pictures.

        Raises:
            Unavailable: The data set is gone.
        """
        return _there(self.train)

    @cached_property
    def fakes(self) -> Features:
        """The fakes as the extractor sees them."""
        return self.store.features(self.fake, self.extractor)

    @cached_property
    def reals(self) -> Features:
        """The unseen real pictures as the extractor sees them."""
        return self.store.features(self.real_pictures, self.extractor)

    @cached_property
    def trained(self) -> Features:
        """The training pictures as the extractor sees them."""
        return self.store.features(self.train_pictures, self.extractor)

    @cached_property
    def asked(self) -> Conditions:
        """Conditions that the fakes were drawn for.

        Raises:
            Unavailable: The conditions are not known.
        """
        if self.fake.conditions is None:
            raise Unavailable("it is not known for which conditions the pictures were drawn")
        return self.fake.conditions

    @property
    def label_judge(self) -> Extractor:
        """The network that reads labels.

        Raises:
            Unavailable: There is none.
        """
        if self.judge is None:
            raise Unavailable("no --judge that reads labels")
        return self.judge

    @property
    def label_schema(self) -> AttributeSchema:
        """The labels that the pictures were drawn for.

        Raises:
            Unavailable: The data have none.
        """
        if self.schema is None:
            raise Unavailable("needs pictures drawn for labels that are known")
        return self.schema

    @cached_property
    def read(self) -> np.ndarray:
        """The judge's label logits of the fakes (N, n)."""
        logits = self.store.features(self.fake, self.label_judge).logits
        if logits is None:
            raise Unavailable(f"the judge {self.label_judge.name} is no classifier")
        return logits

    @cached_property
    def scorer(self) -> Scorer:
        """Matches pictures and captions, fitted on the real training pictures."""
        if self.encode is None:
            raise Unavailable("no encoder of captions")
        train = self.train_pictures
        captions = train.conditions.captions if train.conditions else ()
        try:
            return RidgeScorer(self.trained.features, captions, self.encode, "own-encoder")
        except InputError as error:
            raise Unavailable(f"the encoder does not take these captions ({error})") from error

    def suffix(self, *what: object) -> str:
        """End of a score's name: all that it depends on."""
        parts = [self.extractor.name, f"clean-{self.extractor.size}", *what, f"seed-{self.seed}"]
        return "/".join(str(part) for part in parts)

    @property
    def sides(self) -> str:
        """The suffix of a score that compares the fakes with the unseen real pictures."""
        return self.suffix(f"fakes-{self.fake.count}", self.real_pictures.label)


def _there(pictures: PictureSet | None) -> PictureSet:
    if pictures is None:
        raise Unavailable("needs the real pictures: give --data")
    return pictures
