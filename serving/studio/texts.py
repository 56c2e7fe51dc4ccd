"""The tabs that look into texts: their words, the way between two, sums of three."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr
import numpy as np
from gradio.components import Component
from PIL import Image

from ..client import Client
from ..client.abilities import ATTENTION, SAMPLE_NOISE, Ability, TextInput
from .attention import attention_html
from .caption_field import caption_field
from .draw import lines_of
from .examples import Examples
from .panel import Panel, on_click, seed_field, seed_of
from .pictures import picture_output, side_by_side


class Words(Panel):
    """The words of a caption that the encoder looks at."""

    title = "Words"
    needs = (ATTENTION,)

    def build(self, client: Client, examples: Examples) -> None:
        """A caption; its words, coloured."""
        known = examples.captions(client)
        caption = caption_field(client, known[0] if known else "", "Caption")

        def look(text: str) -> str:
            lines = lines_of(text)[:1]
            found = client.encode(lines)
            return attention_html(found["tokens"][0], found["attention"][0])

        on_click("Look", "words", look, [caption], lambda: [gr.HTML()])
        if known:
            gr.Examples([[text] for text in known], [caption], label="Examples; choose one")


@dataclass(frozen=True)
class Between(Panel):
    """Pictures on the way from one text to another.

    Args:
        text: Kind of text that the model draws from.
        field: Function that makes a field for one.
        some: Function that gives some to begin with.
    """

    text: TextInput
    field: Callable[[Client, str, str], Component]
    some: Callable[[Client, Examples], Sequence[str]]
    title = "Between"

    @property
    def needs(self) -> tuple[Ability, ...]:
        """Pictures from texts and between them."""
        return self.text.generate, self.text.interpolate

    def build(self, client: Client, examples: Examples) -> None:
        """Two texts and a seed; eight pictures side by side."""
        known = self.some(client, examples) or [""]
        with gr.Row():
            start = self.field(client, known[0], "From")
            end = self.field(client, known[-1], "To")
            seed = seed_field()

        def go(first: str, last: str, number: float | None) -> Image.Image:
            pictures = client.interpolate(first, last, 8, seed_of(number))
            return side_by_side(pictures)

        on_click("Go", "between", go, [start, end, seed], lambda: [picture_output("On the way")])


@dataclass(frozen=True)
class Arithmetic(Panel):
    """The picture of a text minus another plus a third.

    Args:
        text: Kind of text that the model draws from.
        field: Function that makes a field for one.
        some: Function that gives some to begin with.
    """

    text: TextInput
    field: Callable[[Client, str, str], Component]
    some: Callable[[Client, Examples], Sequence[str]]
    title = "Arithmetic"

    @property
    def needs(self) -> tuple[Ability, ...]:
        """Vectors of texts and of seeds, and pictures of both."""
        return self.text.generate, self.text.encode, self.text.synthesize, SAMPLE_NOISE

    def build(self, client: Client, examples: Examples) -> None:
        """Three texts and a seed; their pictures and that of the sum."""
        known = self.some(client, examples) or [""]
        with gr.Row():
            start = self.field(client, known[0], "This")
            minus = self.field(client, known[len(known) // 2], "minus this")
            plus = self.field(client, known[-1], "plus this")
            seed = seed_field()

        def add_up(one: str, two: str, three: str, number: float | None) -> Image.Image:
            noise = client.noise([seed_of(number)])
            a, b, c = client.condition([one, two, three])
            total = np.clip(a - b + c, 0.0, 1.0) if self.text.multi_hot else a - b + c
            rows = np.stack([a, b, c, total])
            return side_by_side(client.synthesize(noise.repeat(len(rows), axis=0), rows))

        on_click(
            "Add up",
            "arithmetic",
            add_up,
            [start, minus, plus, seed],
            lambda: [picture_output("The three, and the sum")],
        )


def captions_of(client: Client, examples: Examples) -> Sequence[str]:
    """Captions to begin with."""
    return examples.captions(client)


def labels_of(client: Client, examples: Examples) -> Sequence[str]:
    """Labels to begin with; if none are given, the first of each group, then the last of each."""
    groups = [group for group in client.label_groups() if group.exclusive]
    told = (", ".join(group.labels[place] for group in groups) for place in (0, -1))
    return examples.texts or (list(told) if groups else [])


def labels_field(_: Client, value: str, label: str) -> gr.Textbox:
    """A field for the labels of a picture."""
    return gr.Textbox(value, label=label)
