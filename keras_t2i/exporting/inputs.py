"""Inputs of signatures, and what holds for each of them."""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from keras_t2i.exporting.requirement import as_text, require


@dataclass(frozen=True)
class Rule:
    """A rule for the numbers of an input.

    Args:
        words: The rule after the input's name: "must lie in [0, 1]".
        obeyed: Function from numbers to whether each obeys it, bool of their shape.
    """

    words: str
    obeyed: Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Input:
    """A value, a vector or an array of each row.

    Args:
        dtype: Type of the values.
        width: Shape of a row's values; none of a single value, `None` for any size.
        rule: Rule for the values, if there is one.
    """

    dtype: tf.DType
    width: tuple[int | None, ...] = ()
    rule: Rule | None = None

    @property
    def spec(self) -> tf.TensorSpec:
        """Specification of the tensor: the rows first."""
        return tf.TensorSpec((None, *self.width), self.dtype)

    def checks(self, name: str, values: tf.Tensor) -> list[tf.Operation]:
        """Operations that fail where the rule is broken.

        Args:
            name: Name of the input.
            values: Values of all rows, (N, …).
        """
        if self.rule is None:
            return []
        obeyed = self.rule.obeyed(values)
        wrong = tf.boolean_mask(values, tf.logical_not(obeyed))
        return [require(tf.reduce_all(obeyed), f"{name} {self.rule.words}.", as_text(wrong))]


TEXTS = Input(tf.string)
PICTURES = Input(tf.string)
"""Files, whose size `from_bytes` checks."""
SEEDS = Input(tf.int64)
SHARES = Input(tf.float32, rule=Rule("must lie in [0, 1]", lambda x: (x >= 0.0) & (x <= 1.0)))
"""Factors of the noise, and places between two texts."""


def vectors(width: int) -> Input:
    """Vectors of finite numbers.

    Args:
        width: Width of each.
    """
    return arrays(width)


def arrays(*shape: int | None) -> Input:
    """Arrays of finite numbers.

    Args:
        *shape: Shape of each; `None` for any size, the same for all rows.
    """
    return Input(tf.float32, shape, Rule("must be finite", tf.math.is_finite))


def checked(inputs: dict[str, Input], values: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The values, which nothing reads before all of them are known to be right.

    Args:
        inputs: Inputs by name.
        values: A tensor for each.
    """
    checks = [_same_rows(values)]
    for name, given in inputs.items():
        checks += given.checks(name, values[name])
    with tf.control_dependencies(checks):
        return {name: tf.identity(value) for name, value in values.items()}


def _same_rows(values: dict[str, tf.Tensor]) -> tf.Operation:
    counts = tf.stack([tf.shape(value)[0] for value in values.values()])
    obeyed = tf.reduce_all(counts == tf.maximum(counts[0], 1))
    told = tf.strings.join([[f"{name} " for name in values], as_text(counts)])
    return require(obeyed, "All inputs must have the same number of rows, at least 1.", told)
