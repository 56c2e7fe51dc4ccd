"""The tabs that look into texts: their words, the way between two, sums of three."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
import numpy as np
from PIL import Image

from ..client import Client
from ..client.abilities import ATTENTION, SAMPLE_NOISE, Ability, TextInput
from .attention import attention_html
from .draw import EXAMPLES, lines_of
from .panel import Panel, on_click, seed_field, seed_of, warn_of_unknown_words
from .pictures import picture_output, side_by_side


class Words(Panel):
    """The words of a caption that the encoder looks at."""

    title = "Words"
    needs = (ATTENTION,)

    def build(self, client: Client) -> None:
        """A caption; its words, coloured."""
        caption = gr.Textbox(EXAMPLES[1], label="Caption")

        def look(text: str) -> str:
            lines = lines_of(text)[:1]
            found = client.encode(lines)
            warn_of_unknown_words(client, lines)
            return attention_html(found["tokens"][0], found["attention"][0])

        on_click("Look", "words", look, [caption], lambda: [gr.HTML()])


@dataclass(frozen=True)
class Between(Panel):
    """Pictures on the way from one text to another.

    Args:
        text: Kind of text that the model draws from.
        examples: Texts to begin with, where the model does not tell its labels.
    """

    text: TextInput
    examples: tuple[str, ...] = ("",)
    title = "Between"

    @property
    def needs(self) -> tuple[Ability, ...]:
        """Pictures from texts and between them."""
        return self.text.generate, self.text.interpolate

    def build(self, client: Client) -> None:
        """Two texts and a seed; eight pictures side by side."""
        known = _labels_of(client) or self.examples
        with gr.Row():
            start = gr.Textbox(known[0], label="From")
            end = gr.Textbox(known[-1], label="To")
            seed = seed_field()

        def go(first: str, last: str, number: float | None) -> Image.Image:
            pictures = client.interpolate(first, last, 8, seed_of(number))
            warn_of_unknown_words(client, [first, last])
            return side_by_side(pictures)

        on_click("Go", "between", go, [start, end, seed], lambda: [picture_output("On the way")])


@dataclass(frozen=True)
class Arithmetic(Panel):
    """The picture of a text minus another plus a third.

    Args:
        text: Kind of text that the model draws from.
        examples: Texts to begin with, where the model does not tell its labels.
    """

    text: TextInput
    examples: tuple[str, ...] = ("",)
    title = "Arithmetic"

    @property
    def needs(self) -> tuple[Ability, ...]:
        """Vectors of texts and of seeds, and pictures of both."""
        return self.text.generate, self.text.encode, self.text.synthesize, SAMPLE_NOISE

    def build(self, client: Client) -> None:
        """Three texts and a seed; their pictures and that of the sum."""
        known = _labels_of(client) or self.examples
        with gr.Row():
            start = gr.Textbox(known[0], label="This")
            minus = gr.Textbox(known[len(known) // 2], label="minus this")
            plus = gr.Textbox(known[-1], label="plus this")
            seed = seed_field()

        def add_up(one: str, two: str, three: str, number: float | None) -> Image.Image:
            noise = client.noise([seed_of(number)])
            a, b, c = client.condition([one, two, three])
            warn_of_unknown_words(client, [one, two, three])
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


def _labels_of(client: Client) -> Sequence[str]:
    """Texts of labels that the model tells: the first of each group, then the last of each."""
    groups = [group for group in client.label_groups() if group.exclusive]
    return (
        [", ".join(group.labels[place] for group in groups) for place in (0, -1)] if groups else []
    )
