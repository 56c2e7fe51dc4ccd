"""Computing the scores that the inputs allow."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from keras_t2i.metrics.inputs import EvaluationInputs, Unavailable
from keras_t2i.metrics.pictures import noise_pictures
from keras_t2i.metrics.protocols import PROTOCOLS, Protocol, Score
from keras_t2i.pipelines.errors import InputError


@dataclass(frozen=True)
class Measurement:
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
    inputs: EvaluationInputs,
    protocols: Iterable[Protocol],
    required: bool = False,
    started: Callable[[str], None] = lambda name: None,
) -> list[Measurement]:
    """The scores of the inputs' fakes.

    Args:
        inputs: What they are computed from; a score that it cannot give leaves a note in it.
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
            found = protocol.scores(inputs)
        except Unavailable as reason:
            if required:
                raise InputError(f"--protocol {protocol.name}: {reason}.") from reason
            inputs.notes.append(f"{inputs.fake.name}: no {protocol.name}: {reason}.")
            continue
        scored += [Measurement(inputs.fake.name, inputs.fake.step, score) for score in found]
    return scored


_READING = ("r-precision", "conditions")


def baselines(
    inputs: EvaluationInputs, protocols: Iterable[Protocol]
) -> list[tuple[EvaluationInputs, list[Protocol]]]:
    """What places the fakes' scores: the same inputs with others in their place.

    Real training pictures are as good as a perfect memory; noise is as bad as can be. Unseen real
    pictures show what the readers of captions and labels can see at most.
    """
    count, size = inputs.fake.count, inputs.real.read(np.arange(1))[0].shape[0]
    noise = noise_pictures(size, count, inputs.seed)
    asked = replace(noise, conditions=inputs.fake.conditions)
    chosen = list(protocols)
    reading = [protocol for protocol in chosen if protocol.name in _READING]
    return [
        (replace(inputs, fake=inputs.train.part(count, inputs.seed)), chosen),
        (replace(inputs, fake=inputs.real), reading),
        (replace(inputs, fake=asked), chosen),
    ]
