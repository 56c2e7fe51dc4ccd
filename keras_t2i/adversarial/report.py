"""The names under which a step reports its terms."""

from typing import TYPE_CHECKING

from keras_t2i.pipelines.lazy import tf

if TYPE_CHECKING:
    import tensorflow as tf


def report(
    critic: "dict[str, tf.Tensor]",
    generator: "dict[str, tf.Tensor]",
    critic_norm: "tf.Tensor",
    generator_norm: "tf.Tensor",
) -> "dict[str, tf.Tensor]":
    """All terms under `player/term` names, and the norms of the gradients."""
    return {
        **{f"critic/{name}": value for name, value in critic.items()},
        **{f"generator/{name}": value for name, value in generator.items()},
        "gradient_norm/critic": critic_norm,
        "gradient_norm/generator": generator_norm,
    }
