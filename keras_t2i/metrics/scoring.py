"""Computing the scores that the inputs allow."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.pictures import noise_pictures
from keras_t2i.metrics.protocols import Score, ScoringProtocol
from keras_t2i.metrics.state import State
from keras_t2i.pipelines.errors import InputError


@dataclass(frozen=True)
class Measurement:
    """A score of a set of pictures.

    Args:
        subject: Name of the set.
        state: Weights or files that it comes from; `None` of real pictures and noise.
        score: The score.
    """

    subject: str
    state: State | None
    score: Score

    @property
    def step(self) -> int | None:
        """Number of the training step that the pictures come from, if that is known."""
        return self.state.step if self.state else None


def scores_of(
    inputs: EvaluationInputs, protocols: Iterable[ScoringProtocol], required: bool = False
) -> list[Measurement]:
    """The scores of the inputs' fakes.

    Args:
        inputs: Inputs of the scores; a score that cannot be given leaves a note in them.
        protocols: Protocols to compute.
        required: Whether a score that cannot be given is an error.

    Raises:
        InputError: A required score cannot be given.
    """
    possible, scored = [], []
    missing: dict[str, list[str]] = {}
    # All are checked first: an impossible one is refused before anything is drawn for another.
    for protocol in protocols:
        with _told(protocol, missing, required):
            protocol.check(inputs)
            possible.append(protocol)
    for protocol in possible:
        found: list[Score] = []
        with _told(protocol, missing, required):
            found = protocol.scores(inputs)
        scored += [Measurement(inputs.fake.name, inputs.fake.state, score) for score in found]
    if missing:
        each = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in missing.items())
        inputs.notes.append(f"{inputs.fake.name}: not computed: {each}.")
    return scored


@contextmanager
def _told(
    protocol: ScoringProtocol, missing: dict[str, list[str]], required: bool
) -> Iterator[None]:
    """Add a score that cannot be given to the missing ones, by the reason; an error if required."""
    try:
        yield
    except Unavailable as reason:
        if required:
            raise InputError(f"--protocol {protocol.name}: {reason}.") from reason
        missing.setdefault(str(reason), []).append(protocol.name)


def baselines(
    inputs: EvaluationInputs, protocols: Iterable[ScoringProtocol]
) -> list[tuple[EvaluationInputs, list[ScoringProtocol]]]:
    """Baselines beside the fakes' scores: the same inputs with other pictures in the fakes' place.

    Real training pictures are as good as a perfect memory; noise is as bad as can be. Unseen real
    pictures show what the readers of captions and labels can see at most. Where the data set is
    gone, noise alone is left.
    """
    chosen = list(protocols)
    reading = [protocol for protocol in chosen if protocol.reads_conditions]
    count, first = inputs.fake.count, (inputs.real or inputs.fake).read(np.arange(1))[0]
    noise = noise_pictures(first.shape[0], count, inputs.seed)
    asked = replace(noise, conditions=inputs.fake.conditions)
    found = []
    if inputs.train is not None:
        found.append((replace(inputs, fake=inputs.train.part(count, inputs.seed)), chosen))
    if inputs.real is not None:
        found.append((replace(inputs, fake=inputs.real), reading))
    return [*found, (replace(inputs, fake=asked), chosen)]
