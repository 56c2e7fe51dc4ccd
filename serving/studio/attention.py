"""Attention as coloured words."""

import html
from collections.abc import Sequence

import numpy as np


def attention_html(tokens: Sequence[str], attention: np.ndarray) -> str:
    """Words, darker where a row of attention looks; a line for each row.

    Args:
        tokens: Words, n of them; empty ones are padding.
        attention: Weights of the words, float (r, n).
    """
    rows = []
    for number, weights in enumerate(np.asarray(attention), 1):
        top = max(float(weights.max()), 1e-9)
        words = "".join(
            f'<span style="background:rgba(220,60,40,{weight / top:.2f});padding:.15em .35em;'
            f'margin:.1em;border-radius:.3em;display:inline-block" title="{weight:.3f}">'
            f"{html.escape(token)}</span>"
            for token, weight in zip(tokens, weights, strict=True)
            if token
        )
        rows.append(f'<div style="margin:.3em 0"><b>{number}</b> {words}</div>')
    return "".join(rows)
