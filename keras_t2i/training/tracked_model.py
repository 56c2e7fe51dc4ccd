"""A Keras model that counts its steps and reports the mean of named scalars."""

import hashlib
from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class Means:
    """Running means by name, in an object that Keras does not take for a part of the model.

    A built model accepts no further parts, and the names are known only once it is built.

    Args:
        names: Names of the scalars.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}


class Holder:
    """Some variables under the name that Keras's models have for theirs.

    Args:
        variables: Variables, each a `keras.Variable`.
    """

    def __init__(self, variables: list[Any]) -> None:
        self.variables = variables


class TrackedModel(keras.Model):
    """Base of the models that are trained here: a step counter, named terms, a checkpoint.

    A subclass defines `train_step`: from a batch to `track(terms)`. The trackers are created for
    the names that the first step turns out to have.

    Attributes:
        replicas_exchange: Whether several replicas hear of each other in their objectives, not in
            gradients alone; XLA compiles no such step.
    """

    replicas_exchange = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = keras.Variable(
            0, dtype="int64", trainable=False, name="step", aggregation="only_first_replica"
        )
        # Set by a stop rule, so that a training killed right after it is not taken further.
        self.finished = keras.Variable(False, dtype="bool", trainable=False, name="finished")
        self._means = Means(())

    def build(self, shape: Any = None) -> None:
        """Build no weights: the first call builds the parts, without a symbolic one by Keras."""

    def ready(self, names: Iterable[str], jit_compile: bool | None = None) -> None:
        """Create the trackers of the terms, so that the model can be trained.

        Args:
            names: Names of the terms that a step reports.
            jit_compile: Whether XLA compiles the steps; by default Keras decides, by the layers.
        """
        self._means = Means(names)
        if jit_compile is not None:
            self.jit_compile = jit_compile

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The trackers, by which Keras's `reset_metrics` begins an interval."""
        return list(self._means.trackers.values())

    @property
    def means(self) -> dict[str, tf.Tensor]:
        """The mean of each term since the last reset, by name; within a step, that of a replica."""
        return {name: tracker.result() for name, tracker in self._means.trackers.items()}

    def track(self, terms: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Count the step and fold its scalars into the running means, which it returns."""
        self.step.value.assign_add(1)
        for name, value in terms.items():
            self._means.trackers[name].update_state(value)
        return self.means

    def trained_parts(self) -> dict[str, Any]:
        """Everything that the next step depends on, by name, for a checkpoint."""
        raise TypeError(f"{type(self).__name__} must define `trained_parts`.")

    @property
    def parts_without_added(self) -> dict[str, Any]:
        """Parts that are taken of a state whose networks are not all those of the model.

        By default all `trained_parts`: such a state is refused.
        """
        return self.trained_parts()

    def drawing_parts(self) -> dict[str, Any]:
        """Objects with the variables that drawing needs, by name: by default the model."""
        return {"model": self}

    def begin_from_drawing_parts(self) -> None:
        """Give what is trained the values of what draws; by default they are one."""


def fingerprint_of(weights: Iterable[np.ndarray]) -> str:
    """sha256 of weights, in hexadecimal digits."""
    digest = hashlib.sha256()
    for weight in weights:
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
