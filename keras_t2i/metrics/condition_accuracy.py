"""The share of the labels asked for that a classifier reads back from pictures."""

import numpy as np

from pipelines.attributes import AttributeSchema


def labels_read_back(
    schema: AttributeSchema, logits: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Which of the labels asked for a classifier finds, group by group.

    Of a group with exactly one label, the one of the largest logit is found; of a free group, those
    with positive logits.

    Args:
        schema: The labels.
        logits: float (N, n).
        labels: Multi-hot (N, n).

    Returns:
        By group, float64 (N,): the share of the group's labels that are right, which is 0 or 1 for
        a group with exactly one.
    """
    found = {}
    for attribute in schema.attributes:
        part = schema.part(attribute.name)
        own, asked = np.asarray(logits)[:, part], np.asarray(labels)[:, part]
        if attribute.free:
            found[attribute.name] = np.mean((own > 0) == (asked > 0.5), axis=1)
        else:
            found[attribute.name] = (own.argmax(1) == asked.argmax(1)).astype("float64")
    return found


def condition_accuracy(schema: AttributeSchema, logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean share of groups whose labels are read back, in [0, 1] (PSC-GAN, table 3).

    Args:
        schema: The labels.
        logits: float (N, n).
        labels: Multi-hot (N, n), what was asked for.
    """
    return float(np.mean(list(labels_read_back(schema, logits, labels).values())))
