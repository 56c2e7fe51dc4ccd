"""BatchNorm's moving statistics where several replicas train."""

import keras
import tensorflow as tf


class MovingStatistics:
    """The moving means and variances of a model's BatchNorm, which each replica moves on its own.

    They are brought together once a step, all at once: to send each when its layer moves it takes
    longer than the step where replicas are processes. As what is new is added in fixed shares, the
    mean of the replicas' statistics is the statistic of their mean.

    Args:
        model: Built model. What is frozen in it has statistics that nobody moves.

    Attributes:
        variables: The statistics, each (C,).
    """

    def __init__(self, model: keras.Model) -> None:
        self.variables = [
            variable
            for layer in model._flatten_layers()
            if isinstance(layer, keras.layers.BatchNormalization) and layer.built
            if layer.trainable
            for variable in (layer.moving_mean, layer.moving_variance)
        ]

    def share(self) -> None:
        """Give all replicas the mean of their statistics; called on each, at the end of a step."""
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync == 1 or not self.variables:
            return
        held = [variable.value for variable in self.variables]
        own = tf.concat([value.read_value() for value in held], 0)
        means = context.all_reduce(tf.distribute.ReduceOp.MEAN, own)
        for value, mean in zip(held, tf.split(means, [v.shape[0] for v in held]), strict=True):
            value.assign(mean)
