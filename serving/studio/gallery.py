"""Galleries of examples: one that is chosen fills the fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

# As many pictures a row as have room; Gradio's own rows stick out of a telephone's page.
CSS = """
.pictures .grid-wrap, .examples .grid-wrap {min-height: 0 !important; max-height: none !important}
.pictures .grid-container, .examples .grid-container {grid-template-rows: none !important}
.pictures .grid-container
{grid-template-columns: repeat(auto-fill, minmax(min(12rem, 45%), 1fr)) !important}
.examples .grid-container
{grid-template-columns: repeat(auto-fill, minmax(min(8rem, 30%), 1fr)) !important}
"""


@dataclass(frozen=True)
class Example:
    """An example.

    Args:
        picture: The picture that the gallery shows.
        name: Words below it.
        values: Values of the fields that it fills.
    """

    picture: Image.Image
    name: str
    values: Sequence[Any]


def gallery_of(examples: Sequence[Example], fields: Sequence[Component]) -> None:
    """A gallery of examples, if there are any.

    Args:
        examples: The examples.
        fields: Fields that a chosen one fills.
    """
    if not examples:
        return
    gallery = gr.Gallery(
        [(example.picture, example.name) for example in examples],
        label="Examples; choose one",
        elem_classes="examples",
        height="auto",
        object_fit="contain",
        allow_preview=False,
        interactive=False,
        buttons=[],
    )

    def choose(event: gr.SelectData) -> Any:
        values = examples[event.index % len(examples)].values
        return list(values) if len(fields) > 1 else values[0]

    gallery.select(
        choose,
        None,
        list(fields),
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
