"""Drift: how far the data of today are from those that a run learned from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keras_t2i.components.bounds import Share
from keras_t2i.delivery.statistics import DataStatistics, SplitStatistics
from keras_t2i.pipelines.dataset_info import DatasetInfo


@dataclass(frozen=True)
class DriftLimits:
    """Distances in [0, 1] up to which data are the same.

    Args:
        classes: Largest difference of a class's share of the pictures (L∞).
        labels: Largest difference of a label's share of the pictures (L∞).
        words: Largest difference of a word's share of all words (L∞).
        unknown_words: Share of words that the run's data do not have.
        caption_lengths: Jensen-Shannon divergence of the captions' lengths in words.
        colours: Jensen-Shannon divergence of the pictures' mean red, green or blue, the largest.
        lost_pictures: Share of the pictures by which a split may have shrunk.
    """

    classes: Share = 0.1
    labels: Share = 0.1
    words: Share = 0.05
    unknown_words: Share = 0.1
    caption_lengths: Share = 0.1
    colours: Share = 0.1
    lost_pictures: Share = 0.5


@dataclass(frozen=True)
class Distance:
    """A distance between two states of a split.

    Args:
        split: Name of the split.
        measure: Name of the distance: a field of `DriftLimits`.
        value: The distance, in [0, 1].
        where: Value that differs most, such as a class; empty where there is no such.
    """

    split: str
    measure: str
    value: float
    where: str = ""

    def beyond(self, limits: DriftLimits) -> bool:
        """Whether it is larger than its limit."""
        return self.value > self.limit(limits)

    def limit(self, limits: DriftLimits) -> float:
        """Limit of this distance."""
        return float(getattr(limits, self.measure))

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{self.split}: {self.measure.replace('_', ' ')} {self.value:.3g}{where}"


def schema_faults(then: DatasetInfo, now: DatasetInfo) -> list[str]:
    """Lines on what differs in the form of the data: what no training on them could overlook.

    Args:
        then: Description of the data that a run learned from.
        now: Description of the data of today.
    """
    faults = [
        f"{name} was {getattr(then, name)!r} and is {getattr(now, name)!r}"
        for name in ("kind", "image_size", "paired")
        if getattr(then, name) != getattr(now, name)
    ]
    labels = [[(each.name, each.values) for each in info.attributes] for info in (then, now)]
    if labels[0] != labels[1]:
        faults.append(f"the labels were {_shown(then)} and are {_shown(now)}")
    for name, split in then.splits.items():
        if name not in now.splits:
            faults.append(f"the split {name} is gone")
        elif split.captions and not now.splits[name].captions:
            faults.append(f"the captions of the split {name} are gone")
    return faults


def drift(then: DataStatistics, now: DataStatistics) -> list[Distance]:
    """The distances of all splits that both have.

    Args:
        then: Statistics of the data that a run learned from.
        now: Statistics of the data of today.
    """
    return [
        distance
        for name, before in then.splits.items()
        if name in now.splits
        for distance in _distances(name, before, now.splits[name])
    ]


def _distances(name: str, then: SplitStatistics, now: SplitStatistics) -> Iterator[Distance]:
    lost = max(0.0, 1.0 - now.pictures / max(1, then.pictures))
    yield Distance(name, "lost_pictures", lost)
    for measure, total in (("classes", sum), ("labels", None)):
        before, after = getattr(then, measure), getattr(now, measure)
        if before or after:
            totals = [
                total(counts.values()) if total else split.pictures
                for counts, split in ((before, then), (after, now))
            ]
            yield Distance(name, measure, *_largest_difference(before, after, *totals))
    if then.captions and now.captions:
        yield from _distances_of_captions(name, then, now)
    pairs = zip(then.colours, now.colours, ("red", "green", "blue"), strict=True)
    yield Distance(name, "colours", *max((divergence(a, b), colour) for a, b, colour in pairs))


def _distances_of_captions(
    name: str, then: SplitStatistics, now: SplitStatistics
) -> Iterator[Distance]:
    totals = [sum(each.words.values()) + each.rare_words for each in (then, now)]
    yield Distance(name, "words", *_largest_difference(then.words, now.words, *totals))
    new = {word: count for word, count in now.words.items() if word not in then.words}
    # A word that was too rare to be listed is not new: as many as before may be unknown.
    share = (sum(new.values()) + now.rare_words) / max(1, totals[1])
    share -= then.rare_words / max(1, totals[0])
    yield Distance(
        name, "unknown_words", max(0.0, share), max(new, key=new.__getitem__, default="")
    )
    lengths = sorted({*then.caption_lengths, *now.caption_lengths}, key=int)
    counts = [[each.caption_lengths.get(n, 0) for n in lengths] for each in (then, now)]
    yield Distance(name, "caption_lengths", divergence(*counts))


def _largest_difference(
    one: Mapping[str, int], other: Mapping[str, int], total: int, other_total: int
) -> tuple[float, str]:
    """The L∞ distance of two tables of shares, and the name whose share differs most."""
    return max(
        (
            abs(one.get(name, 0) / max(1, total) - other.get(name, 0) / max(1, other_total)),
            name,
        )
        for name in {*one, *other}
    )


def divergence(one: Sequence[int], other: Sequence[int]) -> float:
    """The Jensen-Shannon divergence of two histograms of the same bins, in bits: in [0, 1]."""
    p, q = (np.array(counts, "float64") / max(1, sum(counts)) for counts in (one, other))
    middle = (p + q) / 2

    def to_middle(shares: np.ndarray) -> float:
        held = shares > 0
        return float(np.sum(shares[held] * np.log2(shares[held] / middle[held])))

    return (to_middle(p) + to_middle(q)) / 2


def _shown(info: DatasetInfo) -> str:
    return "; ".join(f"{each.name}: {', '.join(each.values)}" for each in info.attributes) or "none"
