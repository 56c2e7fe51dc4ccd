"""Seeds and the factor of the noise, checked before anything is asked."""

import operator
from collections.abc import Iterable
from typing import Any

from .errors import ClientError


def draws(count: int, seed: int, truncation: float) -> dict[str, list[Any]]:
    """Columns of consecutive seeds and of a truncation.

    Args:
        count: Number of rows.
        seed: Seed of the first.
        truncation: Factor of the noise of all.

    Raises:
        ClientError: A seed that is no int64, a truncation outside [0, 1] or that is no number.
    """
    first = checked([seed])[0]
    if first + count > 2**63:
        raise ClientError(
            f"A seed must lie in [-2^63, 2^63); the last of {count} from {seed} does not."
        )
    if not 0.0 <= truncation <= 1.0:
        raise ClientError(f"The truncation must lie in [0, 1]. Received: {truncation}.")
    return {"seed": list(range(first, first + count)), "truncation": [float(truncation)] * count}


def checked(seeds: Iterable[int]) -> list[int]:
    """Seeds as Python's numbers.

    Raises:
        ClientError: A seed that is no whole number of int64.
    """
    found = []
    for seed in seeds:
        try:
            found.append(operator.index(seed))
        except TypeError as error:
            raise ClientError(f"A seed must be a whole number. Received: {seed!r}.") from error
        if not -(2**63) <= found[-1] < 2**63:
            raise ClientError(f"A seed must lie in [-2^63, 2^63). Received: {seed}.")
    return found
