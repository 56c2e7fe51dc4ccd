"""Context of a step's terms: one batch as the players see it."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

import tensorflow as tf

from keras_t2i.adversarial.losses import AdversarialLoss
from keras_t2i.training.train_state import Terms

Value = TypeVar("Value")


class once(Generic[Value]):
    """A property that is computed at its first use and kept.

    Python 3.11's `functools.cached_property` holds one lock for all instances while it computes:
    replicas, each tracing in a thread of its own and waiting for the others, would block for ever.

    Args:
        method: Method that computes the value.
    """

    def __init__(self, method: Callable[[Any], Value]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> "once[Value]": ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value: ...

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = self._method(instance)
        instance.__dict__[self._method.__name__] = value  # found before this descriptor, next time
        return value


def own_replica() -> tuple[Any, int]:
    """The number of the replica that runs this, from 0, and the number of all."""
    context = tf.distribute.get_replica_context()
    if context is None:  # no replica: the terms' names are being found out
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync


class StepContext:
    """A batch as the players see it; a system derives a context with the values its terms need.

    Values are marked with `once`: each is computed when a term first asks for it, and kept.
    So players that share a context share the fakes and their scores, and a generator that plays
    alone never runs the critic on real pictures.

    Args:
        batch: Dictionary of tensors, batch-leading.
        seed: Seed of the context's randomness, int64 (2,), the same on all replicas.

    Attributes:
        logged: Scalars that terms report beside their values, by name.
    """

    def __init__(self, batch: dict[str, tf.Tensor], seed: tf.Tensor) -> None:
        self.batch = batch
        self.logged: dict[str, tf.Tensor] = {}
        self._seed = seed

    def seed(self, stream: int) -> tf.Tensor:
        """The (2,) seed of one of the context's random draws; each draw has its own stream.

        Each of several replicas has its own.
        """
        replica, replicas = own_replica()
        common = self.common_seed(stream)
        if replicas == 1:
            return common
        return tf.random.experimental.stateless_fold_in(common, tf.cast(replica, tf.int64))

    def common_seed(self, stream: int) -> tf.Tensor:
        """The (2,) seed of a draw that is made for the batch of all replicas."""
        return tf.random.experimental.stateless_fold_in(self._seed, stream)

    def metrics(self) -> Terms:
        """Scalars worth watching that are no part of any loss."""
        return {}


class CriticContext(StepContext, ABC):
    """Real pictures, fakes, and one critic's logits of them.

    A derived context gives `real`, `fakes` and `score`; losses and penalties ask for nothing else.
    """

    @property
    @abstractmethod
    def real(self) -> tf.Tensor:
        """Real pictures, or points, (N, …)."""

    @property
    @abstractmethod
    def fakes(self) -> tf.Tensor:
        """Fakes, as many as the real pictures."""

    @abstractmethod
    def score(self, images: tf.Tensor) -> tf.Tensor:
        """The critic's logits of pictures, with the batch's own conditions if there are any."""

    @property
    def shown_real(self) -> tf.Tensor:
        """Real pictures as the critic sees them."""
        return self.real

    @property
    def shown_fakes(self) -> tf.Tensor:
        """Fakes as the critic sees them."""
        return self.fakes

    @once
    def real_logits(self) -> tf.Tensor:
        """The critic on real pictures."""
        return self.score(self.shown_real)

    @once
    def fake_logits(self) -> tf.Tensor:
        """The critic on fakes."""
        return self.score(self.shown_fakes)

    def thinned(self, one_in: int) -> Self:
        """The context of the first rows alone, with this one's pictures and log.

        Args:
            one_in: Number of rows of which one is taken.
        """
        count = self.real.shape[0] or tf.shape(self.real)[0]
        rows = slice(-(-count // one_in))
        kept = {name: getattr(self, name)[rows] for name in ("fakes", "shown_real", "shown_fakes")}
        part = copy.copy(self)
        for name in list(vars(part)):
            if isinstance(getattr(type(part), name, None), once):
                del vars(part)[name]
        part.batch = {name: value[rows] for name, value in self.batch.items()}
        vars(part).update(kept)  # drawn anew, they would be others
        return part

    def generator_loss(self, loss: AdversarialLoss, fake_logits: tf.Tensor) -> Terms:
        """The generator's loss on the critic's logits of its pictures."""
        return loss.generator(fake_logits, self.real_logits if loss.generator_sees_real else None)

    def metrics(self) -> Terms:
        """The critic's mean answers, in [0, 1]; at the equilibrium each is ½."""
        return mean_answers(real=self.real_logits, fake=self.fake_logits)


def mean_answers(**logits: tf.Tensor) -> Terms:
    """The critic's mean answers, in [0, 1], by name; at the equilibrium each is ½."""
    return {f"answer/{name}": tf.reduce_mean(tf.sigmoid(values)) for name, values in logits.items()}
