"""Computing the scores that evidence allows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from keras_t2i.metrics.evidence import Evidence, Unavailable
from keras_t2i.metrics.pictures import noise_pictures
from keras_t2i.metrics.protocols import PROTOCOLS, Protocol, Score
from pipelines.errors import InputError


@dataclass(frozen=True)
class Scored:
    """A score of a set of pictures.

    Args:
        subject: The set's name.
        step: Of the training that it comes from, if that is known.
        score: The score.
    """

    subject: str
    step: int | None
    score: Score


def protocols_named(names: Iterable[str]) -> tuple[Protocol, ...]:
    """The protocols of some names; all for none.

    Raises:
        InputError: An unknown name.
    """
    known = {protocol.name: protocol for protocol in PROTOCOLS}
    for name in names:
        if name not in known:
            raise InputError(f"--protocol {name}: unknown. Protocols: {', '.join(known)}.")
    return tuple(known[name] for name in names) or PROTOCOLS


def scores_of(
    evidence: Evidence,
    protocols: Iterable[Protocol],
    required: bool = False,
    started: Callable[[str], None] = lambda name: None,
) -> list[Scored]:
    """The scores of the evidence's fakes.

    Args:
        evidence: What they are computed from; a score that it cannot give leaves a note in it.
        protocols: What to compute.
        required: A score that cannot be given is an error.
        started: Called with each protocol's name.

    Raises:
        InputError: A required score cannot be given.
    """
    scored = []
    for protocol in protocols:
        started(protocol.name)
        try:
            found = protocol.scores(evidence)
        except Unavailable as reason:
            if required:
                raise InputError(f"--protocol {protocol.name}: {reason}.") from reason
            evidence.notes.append(f"{evidence.fake.name}: no {protocol.name}: {reason}.")
            continue
        scored += [Scored(evidence.fake.name, evidence.fake.step, score) for score in found]
    return scored


_READING = ("r-precision", "conditions")


def baselines(
    evidence: Evidence, protocols: Iterable[Protocol]
) -> list[tuple[Evidence, list[Protocol]]]:
    """What places the fakes' scores: the same evidence with others in their place.

    Real training pictures are as good as a perfect memory; noise is as bad as can be. Unseen real
    pictures show what the readers of captions and labels can see at most.
    """
    count, size = evidence.fake.count, evidence.real.read(np.arange(1))[0].shape[0]
    noise = noise_pictures(size, count, evidence.seed)
    asked = replace(noise, conditions=evidence.fake.conditions)
    chosen = list(protocols)
    reading = [protocol for protocol in chosen if protocol.name in _READING]
    return [
        (replace(evidence, fake=evidence.train.part(count, evidence.seed)), chosen),
        (replace(evidence, fake=evidence.real), reading),
        (replace(evidence, fake=asked), chosen),
    ]
