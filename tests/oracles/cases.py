"""The recorded cases: how inputs are drawn and how a case is written."""

import json
from typing import Any

import numpy as np
import tensorflow as tf

Case = dict[str, dict[str, Any]]
Cases = dict[str, Case]


def draw(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    """Normal float32 values of four decimals: few characters in the file, exact when read."""
    return rng.normal(scale=scale, size=shape).round(4).astype(np.float32)


def plain(value: Any) -> Any:
    """JSON's own types; float32 as the shortest decimal that reads back as the same float32."""
    if isinstance(value, tf.Tensor | tf.Variable):
        value = value.numpy()
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return (array.astype(str).astype(float) if array.dtype == np.float32 else array).tolist()
    return value


def formatted(value: Any, indent: str = "") -> str:
    """JSON with one line an array."""
    if not isinstance(value, dict):
        return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)
    inner = indent + " "
    items = (f"{inner}{json.dumps(key)}: {formatted(item, inner)}" for key, item in value.items())
    return "{\n" + ",\n".join(items) + f"\n{indent}}}"
