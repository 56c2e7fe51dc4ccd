"""The tabs that draw pictures: from captions, from labels, from seeds alone."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr
from gradio.components import Component
from PIL import Image

from ..client import Client, ClientError
from ..client.abilities import CAPTIONS, LABELS, PICTURES_FROM_SEEDS
from .panel import (
    Panel,
    on_click,
    seed_field,
    seed_of,
    truncation_field,
    warn_of_unknown_words,
)
from .pictures import enlarged, zipped

EXAMPLES = ("a red bird", "a small white bird with a long bill")
_MOST = 16  # pictures a request


@dataclass(frozen=True)
class Source:
    """Source of pictures: texts or seeds.

    Args:
        fields: Fields that say what to draw.
        draw: Function of the fields' values, the number of pictures of each text, the seed of the
            first of them, and the factor of the noise; gives pictures with names.
    """

    fields: list[Component]
    draw: Callable[[Sequence[Any], int, int, float], list[tuple[Image.Image, str]]]


class Draw(Panel):
    """Pictures in a gallery, and all of them in an archive."""

    title = "Draw"
    count_label: ClassVar[str]

    @abstractmethod
    def source(self, client: Client) -> Source:
        """Make the fields that say what to draw."""

    def build(self, client: Client) -> None:
        """Fields of the source, then those of all sources."""
        source = self.source(client)
        with gr.Row():
            count = gr.Slider(1, _MOST, 4, step=1, label=self.count_label)
            seed, truncation = seed_field(), truncation_field()

        def draw(*values: Any) -> tuple[list[tuple[Image.Image, str]], str]:
            *given, wanted, first, factor = values
            drawn = source.draw(given, int(wanted), seed_of(first), factor)
            shown = [(enlarged(picture), name) for picture, name in drawn]
            return shown, zipped([picture for picture, _ in drawn])

        def outputs() -> list[Component]:
            gallery = gr.Gallery(label="Pictures", columns=4, object_fit="contain", height="auto")
            return [gallery, gr.File(label="All pictures (.zip)", interactive=False)]

        on_click("Draw", "draw", draw, [*source.fields, count, seed, truncation], outputs)


class DrawCaptions(Draw):
    """Pictures of captions."""

    count_label = "Pictures of each"
    needs = (CAPTIONS.generate,)

    def source(self, client: Client) -> Source:
        """Captions, one a line."""
        field = gr.Textbox("\n".join(EXAMPLES), label="Captions, one a line", lines=3)
        return Source([field], _of_texts(client, lambda values: lines_of(values[0])))


class DrawLabels(Draw):
    """Pictures of labels."""

    count_label = "Pictures of each"
    needs = (LABELS.generate,)

    def source(self, client: Client) -> Source:
        """A choice for each group of labels; lines where the model does not tell its groups."""
        groups = client.label_groups()
        if not groups:
            field = gr.Textbox(label="Labels, a picture a line", lines=3)
            return Source([field], _of_texts(client, lambda values: lines_of(values[0])))
        with gr.Row():
            fields: list[Component] = [
                gr.Dropdown(group.labels, value=group.labels[0], label=group.name)
                if group.exclusive
                else gr.CheckboxGroup(group.labels, label=group.name)
                for group in groups
            ]
        return Source(fields, _of_texts(client, _chosen))


class DrawSeeds(Draw):
    """Pictures of a model that draws from noise alone."""

    count_label = "Pictures"
    needs = (PICTURES_FROM_SEEDS,)

    def source(self, client: Client) -> Source:
        """No fields: the seed is all that there is to say."""

        def draw(
            _: Sequence[Any], count: int, seed: int, truncation: float
        ) -> list[tuple[Image.Image, str]]:
            drawn = client.draw(count, seed, truncation)
            return [(picture, f"seed {number}") for number, picture in enumerate(drawn, seed)]

        return Source([], draw)


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty.

    Raises:
        ClientError: There are none.
    """
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise ClientError("Say what to draw.")
    return found


def _chosen(values: Sequence[str | list[str]]) -> list[str]:
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return [", ".join(parts)]


def _of_texts(
    client: Client, texts: Callable[[Sequence[Any]], list[str]]
) -> Callable[[Sequence[Any], int, int, float], list[tuple[Image.Image, str]]]:
    """Function that draws, with the same seeds, each of the texts that fields mean."""

    def draw(
        values: Sequence[Any], count: int, seed: int, truncation: float
    ) -> list[tuple[Image.Image, str]]:
        given = texts(values)
        drawn = [
            (picture, f"{text} · seed {number}")
            for text in given
            for number, picture in enumerate(
                client.generate([text] * count, seed, truncation), seed
            )
        ]
        warn_of_unknown_words(client, given)
        return drawn

    return draw
