"""One round of the game on one batch."""

import tensorflow as tf


class Round:
    """A batch as the players see it; a system derives its own with what its terms ask for.

    Values are `functools.cached_property`s: each is computed once, when a term first asks for it.
    So players that share a round share the fakes and their scores, and a generator that plays alone
    never runs the critic on real pictures.

    Args:
        batch: Dictionary of tensors, batch-leading.
        seed: int64 (2,), the round's own randomness.
    """

    def __init__(self, batch: dict[str, tf.Tensor], seed: tf.Tensor) -> None:
        self.batch = batch
        self._seed = seed

    def seed(self, stream: int) -> tf.Tensor:
        """The (2,) seed of one of the round's random draws; each draw has a stream of its own."""
        return tf.random.experimental.stateless_fold_in(self._seed, stream)

    def readouts(self) -> dict[str, tf.Tensor]:
        """Scalars worth watching that are no part of any loss."""
        return {}
