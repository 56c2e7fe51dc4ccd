"""Formulas of captions or labels: `a - b + c`."""

from collections.abc import Sequence

import numpy as np

from keras_t2i.pipelines.errors import InputError

_SIGNS = {"+": 1.0, "-": -1.0}


def parse_formula(words: Sequence[str]) -> list[tuple[float, str]]:
    """Signed terms of `a - b + c`.

    Raises:
        InputError: Terms and signs do not alternate.
    """
    words = [word.strip() for word in words]
    terms, signs = words[::2], words[1::2]
    if len(words) < 3 or len(terms) != len(signs) + 1 or not set(signs) <= set(_SIGNS):
        raise InputError(
            '--arithmetic takes texts with + or - between them: "a" - "b" + "c". '
            f"Received: {' '.join(words)}."
        )
    return list(zip([1.0, *(_SIGNS[sign] for sign in signs)], terms, strict=True))


def formula_names(formula: Sequence[tuple[float, str]]) -> list[str]:
    """The formula's terms, and last the whole, as rows of a sheet are named."""
    whole = " ".join(f"{'+' if sign > 0 else '-'} {term}" for sign, term in formula)
    return [term for _, term in formula] + [f"= {whole.removeprefix('+ ')}"]


def signed_sum(formula: Sequence[tuple[float, str]], rows: np.ndarray) -> np.ndarray:
    """The sum of rows (terms, …), each with its sign, float32 (…)."""
    signs = np.array([sign for sign, _ in formula], "float32")
    return np.tensordot(signs, np.asarray(rows, "float32"), 1)
