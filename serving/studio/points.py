"""The tab of a model that draws points in the plane."""

import gradio as gr
import numpy as np
import pandas as pd

from ..client import Client
from ..client.abilities import POINTS_FROM_SEEDS
from .examples import Examples
from .panel import Panel, on_click, seed_field, seed_of, truncation_field

_AT_ONCE = 32  # rows a request: a server that batches takes no more by default


class Points(Panel):
    """Points as a scatter plot."""

    title = "Draw"
    needs = (POINTS_FROM_SEEDS,)

    def build(self, client: Client, examples: Examples) -> None:
        """Number of points and the seed of the first; a plot."""
        with gr.Row():
            count = gr.Slider(1, 1024, 256, step=1, label="Points")
            seed, truncation = seed_field(), truncation_field()

        def draw(wanted: float, first: float | None, factor: float) -> pd.DataFrame:
            start, end = seed_of(first), seed_of(first) + int(wanted)
            parts = [
                client.points(min(_AT_ONCE, end - seed), seed, factor)
                for seed in range(start, end, _AT_ONCE)
            ]
            return pd.DataFrame(np.concatenate(parts), columns=["x", "y"])

        on_click(
            "Draw",
            "draw",
            draw,
            [count, seed, truncation],
            lambda: [gr.ScatterPlot(x="x", y="y", label="Points", height=400)],
        )
