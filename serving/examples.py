"""Examples of the methods classify and regress, and what a signature makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .errors import invalid
from .limits import Limits, check_texts

CLASSIFY, REGRESS = "tensorflow/serving/classify", "tensorflow/serving/regress"

Classes = list[list[tuple[str, np.floating]]]
"""(label, score) pairs of each example."""


@dataclass(frozen=True)
class Examples:
    """Examples of a request.

    Args:
        serialized: Serialized messages `tf.train.Example`, the shared context in each.
        signature_name: Name of the signature; empty for the default one.
    """

    serialized: list[bytes]
    signature_name: str = ""


def check_examples(sizes: Sequence[int], context: int, limits: Limits) -> None:
    """Check the examples of a request before they are serialized, each with the context.

    Args:
        sizes: Number of values of each example.
        context: Number of values that all of them share.
        limits: Bounds of rows and texts.

    Raises:
        ServingError: Too many examples, or values.
    """
    limits.check_rows("inputs", len(sizes))
    check_texts(sum(sizes) + len(sizes) * context, limits.texts)


def classes_of(outputs: Mapping[str, np.ndarray]) -> Classes:
    """The classes that the outputs of a signature of the method classify hold.

    Raises:
        ServingError: There are none.
    """
    given = outputs.get("scores", outputs.get("classes"))
    if given is None:
        raise invalid("Expected classification signature outputs to have classes or scores.")
    # What is missing of the two is filled in: no names, or scores of 0.
    names = outputs.get("classes", np.full(given.shape, b"", object)).reshape(len(given), -1)
    scores = outputs.get("scores", np.zeros(given.shape, "float32")).reshape(len(given), -1)
    return [
        [(label.decode("utf-8", "replace"), score) for label, score in zip(*pair, strict=True)]
        for pair in zip(names, scores, strict=True)
    ]


def values_of(outputs: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """The values float32 (N,) that the outputs of a signature of the method regress hold.

    Args:
        outputs: Outputs by name.
        count: Number of the examples.

    Raises:
        ServingError: There is not one for each example.
    """
    if "outputs" not in outputs:
        raise invalid("Expected regression signature outputs to contain: outputs.")
    values = outputs["outputs"]
    if values.size != count:
        raise invalid(f"Expected regression outputs of one value an example: {values.shape}.")
    return values.reshape(-1)
