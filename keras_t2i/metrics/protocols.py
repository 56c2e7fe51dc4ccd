"""Scores with names that say how they came about."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol as Interface

import numpy as np

from keras_t2i.metrics.bootstrap import bootstrap_interval
from keras_t2i.metrics.condition_accuracy import labels_named, labels_read_back
from keras_t2i.metrics.frechet import frechet_distance, moments
from keras_t2i.metrics.inception import inception_score
from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.kernel import kernel_distance
from keras_t2i.metrics.manifold import duplicates, precision_recall
from keras_t2i.metrics.perceptual import perceptual_distance
from keras_t2i.metrics.r_precision import mismatched_rows, r_precision
from keras_t2i.metrics.resizing import clean

_LISTED = 50  # classes or combinations whose scores are listed
_PART = 8  # pictures whose maps are held at a time


@dataclass(frozen=True)
class Score:
    """A figure, and all that one must know of it.

    Args:
        name: What was measured; `fid` only by the canonical network.
        value: The figure.
        protocol: Extractor, resizing, pictures and seed.
        better: `lower` or `higher`; empty where neither is.
        deviation: Over subsets, parts or folds.
        interval: 95 % by bootstrap, if asked for.
        details: Further figures by name, such as the score of each group of labels.
    """

    name: str
    value: float
    protocol: str
    better: str = ""
    deviation: float | None = None
    interval: tuple[float, float] | None = None
    details: Mapping[str, float] = field(default_factory=dict)


class Protocol(Interface):
    """A way to score; `name` is what the command calls it."""

    name: str

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """Score.

        Raises:
            Unavailable: These pictures or this extractor cannot give it.
        """
        ...


@dataclass(frozen=True)
class Frechet:
    """The Fréchet distance to unseen real pictures; FID by the canonical network."""

    name: str = "frechet"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`fid` or `frechet`."""
        fake, real = inputs.fakes.features, moments(inputs.reals.features)
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
        return [Score(name, value, _sides(inputs), "lower", interval=interval)]


@dataclass(frozen=True)
class Kernel:
    """The kernel distance to unseen real pictures; KID by the canonical network.

    Args:
        subsets: Random subsets.
        size: Pictures a subset, at most.
    """

    subsets: int = 100
    size: int = 1000
    name: str = "kernel"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`kid` or `kernel`, with its deviation over the subsets."""
        mean, deviation = kernel_distance(
            inputs.fakes.features, inputs.reals.features,
            self.subsets, self.size, inputs.seed,
        )  # fmt: skip
        name = "kid" if inputs.extractor.canonical else "kernel"
        protocol = f"{_sides(inputs)}/{self.subsets}x{self.size}"
        return [Score(name, mean, protocol, "lower", deviation)]


@dataclass(frozen=True)
class Inception:
    """The Inception Score, by whichever classifier sees the pictures.

    Args:
        splits: Parts.
    """

    splits: int = 10
    name: str = "inception-score"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`inception-score` with its deviation over the parts; of others, `classifier-score`."""
        if inputs.fakes.logits is None:
            raise Unavailable(f"{inputs.extractor.name} is no classifier")
        if len(inputs.fakes.logits) < self.splits:
            raise Unavailable(f"fewer than {self.splits} pictures")
        mean, deviation = inception_score(inputs.fakes.logits, self.splits, inputs.seed)
        name = "inception-score" if inputs.extractor.canonical else "classifier-score"
        protocol = inputs.suffix(f"fakes-{inputs.fake.count}", f"parts-{self.splits}")
        return [Score(name, mean, protocol, "higher", deviation)]


@dataclass(frozen=True)
class Manifold:
    """Precision, recall, density and coverage.

    Args:
        k: Neighbours.
    """

    k: int = 3
    name: str = "manifold"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """The four."""
        if min(inputs.real.count, inputs.fake.count) <= self.k:
            raise Unavailable(f"not more than k = {self.k} pictures")
        found = precision_recall(inputs.reals.features, inputs.fakes.features, self.k)
        protocol = f"{_sides(inputs)}/k-{self.k}"
        return [Score(name, value, protocol, "higher") for name, value in found.items()]


@dataclass(frozen=True)
class Copies:
    """The share of pictures nearer to a training picture than 99 % of unseen real ones are."""

    name: str = "copies"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`copies`."""
        found = duplicates(inputs.fakes.features, inputs.trained.features, inputs.reals.features)
        protocol = f"{_sides(inputs)}/{inputs.train.name.replace(' ', '-')}"
        details = {f"mean distance of {k}": found[k] for k in ("fake", "unseen")}
        return [Score("copies", found["share"], protocol, "lower", details=details)]


@dataclass(frozen=True)
class Diversity:
    """The perceptual distance of pictures drawn for the same condition.

    Args:
        pairs: Conditions, of each two pictures.
    """

    pairs: int = 100
    name: str = "diversity"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`perceptual-diversity`: the mean over the pairs."""
        conditions = inputs.fake.conditions
        if conditions is None:
            raise Unavailable("nobody knows what the pictures were drawn for")
        places: dict[int, list[int]] = {}
        for place, row in enumerate(conditions.rows.tolist()):
            places.setdefault(row, []).append(place)
        pairs = [found[:2] for found in places.values() if len(found) > 1][: self.pairs]
        if not pairs:
            raise Unavailable("no two pictures were drawn for the same condition; raise --count")
        first, second = np.array(pairs).T
        distances = _distances(inputs, inputs.fake, first, inputs.fake, second)
        protocol = inputs.suffix("pairs-within-condition", len(pairs))
        return [Score("perceptual-diversity", float(distances.mean()), protocol, "higher")]


@dataclass(frozen=True)
class Nearest:
    """The perceptual distance to the unseen real picture that is nearest by features.

    Args:
        pictures: How many.
    """

    pictures: int = 100
    name: str = "nearest"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`perceptual-nearest`: the mean over the pictures."""
        from keras_t2i.metrics.manifold import nearest_neighbours

        count = min(self.pictures, inputs.fake.count)
        rows, _ = nearest_neighbours(inputs.fakes.features[:count], inputs.reals.features)
        distances = _distances(inputs, inputs.fake, np.arange(count), inputs.real, rows)
        protocol = inputs.suffix("pairs-nearest-real", count, _name(inputs.real))
        return [Score("perceptual-nearest", float(distances.mean()), protocol, "lower")]


@dataclass(frozen=True)
class RPrecision:
    """How often a picture's own caption matches it best among mismatched ones.

    Args:
        mismatched: Captions of other classes beside the true one.
        folds: Over which the deviation is taken.
    """

    mismatched: int = 99
    folds: int = 10
    name: str = "r-precision"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`r-precision`, top 1."""
        conditions = inputs.fake.conditions
        if conditions is None:
            raise Unavailable("nobody knows what the pictures were drawn for")
        scorer = inputs.scorer
        kinds = conditions.classes if (conditions.classes >= 0).all() else conditions.rows
        if len(set(kinds.tolist())) < 2 or inputs.fake.count < self.folds:
            raise Unavailable("needs captions of several classes, and more pictures")
        captions = sorted(set(conditions.captions))
        place = {caption: i for i, caption in enumerate(captions)}
        own = np.array([place[caption] for caption in conditions.captions])
        rng = np.random.default_rng(inputs.seed)
        others = own[mismatched_rows(kinds, self.mismatched, rng)]
        matches = scorer(inputs.fakes.features, captions)
        asked = np.concatenate([own[:, None], others], axis=1)
        asked_scores = np.take_along_axis(matches, asked, 1)
        mean, deviation = r_precision(asked_scores, self.folds)
        protocol = inputs.suffix(
            scorer.name, f"1+{self.mismatched}", conditions.split, inputs.fake.count
        )
        details = {"(chance)": 1.0 / (1 + self.mismatched)}
        hits = asked_scores[:, 0] > asked_scores[:, 1:].max(1)
        occurring = [k for k in np.unique(conditions.classes) if k >= 0]
        if len(occurring) <= _LISTED:
            details |= {
                inputs.classes[kind]: float(hits[conditions.classes == kind].mean())
                for kind in occurring
            }
        return [Score("r-precision", mean, protocol, "higher", deviation, details=details)]


@dataclass(frozen=True)
class ConditionsRead:
    """The share of the labels asked for that an independent classifier reads back."""

    name: str = "conditions"

    def scores(self, inputs: EvaluationInputs) -> list[Score]:
        """`conditions` over all groups; in the details each group, its chance, each combination."""
        conditions, schema = inputs.fake.conditions, inputs.schema
        if conditions is None or schema is None:
            raise Unavailable("needs pictures drawn for labels that are known")
        found = labels_read_back(schema, inputs.read, conditions.labels)
        each = np.mean(list(found.values()), axis=0)
        details = {name: float(values.mean()) for name, values in found.items()}
        named = labels_named(schema, conditions.captions) & (conditions.labels > 0.5)
        for name, values in found.items():
            part = schema.part(name)
            details[f"{name} (chance)"] = float(conditions.labels[:, part].mean(0).max())
            said = named[:, part].any(1)
            if said.any() and not said.all():
                details[f"{name} (where the caption names it)"] = float(values[said].mean())
        names = np.array([schema.describe(row) for row in conditions.labels])
        if len(set(names)) <= _LISTED:
            details |= {f"[{n}]": float(each[names == n].mean()) for n in sorted(set(names))}
        interval = None
        if inputs.draws:
            interval = bootstrap_interval(
                lambda rows: float(each[rows].mean()), len(each), inputs.draws, inputs.seed
            )
        protocol = f"{inputs.judge.name}/{conditions.split}-{len(each)}/seed-{inputs.seed}"
        return [
            Score("conditions", float(each.mean()), protocol, "higher", None, interval, details)
        ]


PROTOCOLS: tuple[Protocol, ...] = (
    Frechet(), Kernel(), Inception(), Manifold(), Copies(),
    Diversity(), Nearest(), RPrecision(), ConditionsRead(),
)  # fmt: skip


def _name(pictures: object) -> str:
    return f"{pictures.name.replace(' ', '-')}-{pictures.count}"


def _sides(inputs: EvaluationInputs) -> str:
    return inputs.suffix(f"fakes-{inputs.fake.count}", _name(inputs.real))


def _distances(
    inputs: EvaluationInputs, one: object, rows: np.ndarray, other: object, others: np.ndarray
) -> np.ndarray:
    """Perceptual distances of rows of a set and of another, (N,)."""
    maps = getattr(inputs.extractor, "maps", None)
    if maps is None:
        raise Unavailable(f"{inputs.extractor.name} gives no maps")
    side, heads = inputs.extractor.size, getattr(inputs.extractor, "heads", None)
    parts = []
    for start in range(0, len(rows), _PART):
        part = slice(start, start + _PART)
        pairs = one.read(rows[part]), other.read(others[part])
        parts.append(perceptual_distance(*(maps(clean(p, side)) for p in pairs), heads))
    return np.concatenate(parts)
