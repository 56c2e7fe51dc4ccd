"""A rule that a served model holds its inputs to."""

import tensorflow as tf

_SHOWN = 3


def require(obeyed: tf.Tensor, rule: str | tf.Tensor, received: tf.Tensor) -> tf.Operation:
    """An operation that fails where a rule is broken.

    Its message is `RULE Received: VALUES.`, and it is a core operation: servers answer with it
    as INVALID_ARGUMENT, 400 over REST. What must not run before it depends on it
    (`tf.control_dependencies`).

    Args:
        obeyed: Whether the rule holds, bool ().
        rule: The rule, a sentence.
        received: Texts of what breaks it, string (N,); the first three are shown.
    """
    told = tf.strings.reduce_join(received[:_SHOWN], separator=", ")
    return tf.debugging.Assert(obeyed, [tf.strings.join([rule, " Received: ", told, "."])])


def as_text(numbers: tf.Tensor) -> tf.Tensor:
    """Numbers as a person writes them: 7, 0.5, nan."""
    return tf.strings.as_string(numbers, shortest=numbers.dtype.is_floating)


def quoted(texts: tf.Tensor) -> tf.Tensor:
    """Texts between backticks: TensorFlow puts a backslash before every other quotation mark."""
    return tf.strings.join(["`", texts, "`"])
