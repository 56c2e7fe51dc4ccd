"""The share of the labels asked for that a classifier reads back from pictures."""

import re
from collections.abc import Sequence

import numpy as np

from keras_t2i.pipelines.attributes import AttributeSchema, key


def labels_read_back(
    schema: AttributeSchema, logits: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Share of the labels asked for that a classifier finds, group by group.

    Of a group with exactly one label, the one of the largest logit is found; of a free group, those
    with positive logits.

    Args:
        schema: The labels.
        logits: Label logits of a classifier, float (N, n).
        labels: Labels asked for, multi-hot (N, n).

    Returns:
        Shares by group, float64 (N,): the share of the group's labels that are right, which is 0 or
        1 for a group with exactly one.
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


def labels_named(schema: AttributeSchema, captions: Sequence[str]) -> np.ndarray:
    """Mask bool (N, n): labels whose names, or other names, stand in the captions as words.

    A caption need not name a label of each group. A word that is a label of two groups, such as the
    colour of two parts, counts for both.
    """
    texts = [_words(caption) for caption in captions]
    named = np.zeros((len(captions), schema.width), bool)
    for attribute in schema.attributes:
        start = schema.part(attribute.name).start
        names = {value: value for value in attribute.values} | attribute.aliases
        for name, value in names.items():
            word = _words(name)
            place = start + attribute.values.index(value)
            named[:, place] |= [word in text for text in texts]
    return named


def _words(text: str) -> str:
    """The words of a text with a space on either side of each."""
    return " " + re.sub(r"\W+", " ", key(text)).strip() + " "


def condition_accuracy(schema: AttributeSchema, logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean share of groups whose labels are read back, in [0, 1] (PSC-GAN, table 3).

    Args:
        schema: The labels.
        logits: Label logits of a classifier, float (N, n).
        labels: Labels asked for, multi-hot (N, n).
    """
    return float(np.mean(list(labels_read_back(schema, logits, labels).values())))
