"""One round of the game on one batch."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


class once:
    """A property that is computed at its first use and kept.

    Python 3.11's `functools.cached_property` holds one lock for all instances while it computes:
    replicas, each tracing in a thread of its own and waiting for the others, would block for ever.

    Args:
        method: What computes the value.
    """

    def __init__(self, method: Callable[[Any], Any]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = self._method(instance)
        instance.__dict__[self._method.__name__] = value  # found before this descriptor, next time
        return value


class StepContext:
    """A batch as the players see it; a system derives its own with what its terms ask for.

    Values are marked with `once`: each is computed when a term first asks for it, and kept.
    So players that share a round share the fakes and their scores, and a generator that plays alone
    never runs the critic on real pictures.

    Args:
        batch: Dictionary of tensors, batch-leading.
        seed: int64 (2,), the round's own randomness.
    """

    def __init__(self, batch: dict[str, tf.Tensor], seed: tf.Tensor) -> None:
        self.batch = batch
        self.notes: dict[str, tf.Tensor] = {}
        self._seed = seed

    def seed(self, stream: int) -> tf.Tensor:
        """The (2,) seed of one of the round's random draws; each draw has a stream of its own."""
        return tf.random.experimental.stateless_fold_in(self._seed, stream)

    def metrics(self) -> dict[str, tf.Tensor]:
        """Scalars worth watching that are no part of any loss; `notes` are those of its terms."""
        return {}
