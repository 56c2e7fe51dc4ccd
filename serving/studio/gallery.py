"""Galleries of examples: one that is chosen fills the fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image


@dataclass(frozen=True)
class Example:
    """An example.

    Args:
        picture: What it looks like.
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
        columns=min(8, len(examples)),
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
