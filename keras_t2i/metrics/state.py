"""State of a model that was judged."""

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """The weights, or the files, that judged pictures come from.

    Args:
        fingerprint: sha256 of them: only scores of one fingerprint belong together.
        step: Number of the training step; `None` where it is not known.
        best: Whether they were judged as the best watched state of a run, not as its last.
    """

    fingerprint: str
    step: int | None = None
    best: bool = False
