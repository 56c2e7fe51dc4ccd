"""BatchNorm whose moving statistics belong to each replica."""

from typing import Any

import keras


class OwnStatistics(keras.layers.BatchNormalization):
    """Keras's `BatchNormalization`; each of several replicas moves statistics of its own.

    What trains the layer brings them together (`training.moving_statistics`). Outside of a
    training step the first replica's are read.
    """

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Add a weight as Keras does, but statistics that no replica sends when it moves them."""
        if kwargs.get("trainable", True):
            return super().add_weight(*args, **kwargs)
        return keras.Variable(
            kwargs["initializer"],
            shape=kwargs["shape"],
            dtype=self.variable_dtype,
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
            synchronization="on_read",
            name=kwargs["name"],
        )
