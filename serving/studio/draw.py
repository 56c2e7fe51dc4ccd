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
from ..client.client import LabelGroup
from .caption_field import caption_field
from .examples import Examples
from .gallery import Example, gallery_of
from .panel import Panel, on_click, seed_field, seed_of, truncation_field
from .pictures import enlarged, zipped

_MOST_OF_EACH, _MOST = 16, 64  # pictures a press
_EXAMPLES = 6

_Drawn = list[tuple[Image.Image, str]]
_Draw = Callable[[Sequence[Any], int, int, float], _Drawn]


@dataclass(frozen=True)
class Source:
    """Source of pictures: texts or seeds.

    Args:
        fields: Fields that say what to draw.
        draw: Function of the fields' values, the number of pictures of each text, the seed of the
            first of them, and the factor of the noise; gives pictures with names.
        examples: Values of the fields, and a seed, of examples.
    """

    fields: list[Component]
    draw: _Draw
    examples: Sequence[tuple[Sequence[Any], int]]

    def drawn_examples(self) -> list[Example]:
        """The pictures of the examples; those that the model refuses are left out."""
        found = []
        for values, seed in self.examples:
            try:
                ((picture, name),) = self.draw(values, 1, seed, 1.0)
            except ClientError:  # the page works without
                continue
            found.append(Example(enlarged(picture), name, [*values, seed]))
        return found


class Draw(Panel):
    """Pictures in a gallery, and all of them in an archive."""

    title = "Draw"
    count_label: ClassVar[str]

    @abstractmethod
    def source(self, client: Client, examples: Examples) -> Source:
        """Make the fields that say what to draw."""

    def build(self, client: Client, examples: Examples) -> None:
        """Fields of the source, then those of all sources; examples at the end."""
        source = self.source(client, examples)
        with gr.Row():
            count = gr.Slider(1, _MOST_OF_EACH, 4, step=1, label=self.count_label)
            seed, truncation = seed_field(), truncation_field()

        def draw(*values: Any) -> tuple[_Drawn, str]:
            *given, wanted, first, factor = values
            drawn = source.draw(given, int(wanted), seed_of(first), factor)
            shown = [(enlarged(picture), name) for picture, name in drawn]
            return shown, zipped([picture for picture, _ in drawn])

        def outputs() -> list[Component]:
            gallery = gr.Gallery(
                label="Pictures",
                elem_classes="pictures",
                object_fit="contain",
                height="auto",
                format="png",
                interactive=False,
                buttons=["download", "fullscreen"],
            )
            return [gallery, gr.File(label="All pictures (.zip)", interactive=False)]

        on_click("Draw", "draw", draw, [*source.fields, count, seed, truncation], outputs)
        gallery_of(source.drawn_examples(), [*source.fields, seed])


class DrawCaptions(Draw):
    """Pictures of captions."""

    count_label = "Pictures of each"
    needs = (CAPTIONS.generate,)

    def source(self, client: Client, examples: Examples) -> Source:
        """Captions, one a line."""
        known = examples.captions(client)
        field = caption_field(client, "\n".join(known[:2]), "Captions, one a line", 3)
        return Source([field], _of_texts(client, _written), [([text], 0) for text in known])


class DrawLabels(Draw):
    """Pictures of labels."""

    count_label = "Pictures of each"
    needs = (LABELS.generate,)

    def source(self, client: Client, examples: Examples) -> Source:
        """A choice for each group of labels; lines where the model does not tell its groups."""
        groups = client.label_groups()
        if not groups:
            field = gr.Textbox("\n".join(examples.texts[:2]), label="Labels, a picture a line",
                               lines=3)  # fmt: skip
            given = [([text], 0) for text in examples.texts]
            return Source([field], _of_texts(client, _written), given)
        with gr.Row():
            fields: list[Component] = [
                gr.Dropdown(group.labels, value=group.labels[0], label=group.name)
                if group.exclusive
                else gr.CheckboxGroup(group.labels, label=group.name)
                for group in groups
            ]
        some = [(_choice(groups, place), place) for place in range(_EXAMPLES)]
        return Source(fields, _of_texts(client, _chosen), some)


class DrawSeeds(Draw):
    """Pictures of a model that draws from noise alone."""

    count_label = "Pictures"
    needs = (PICTURES_FROM_SEEDS,)

    def source(self, client: Client, examples: Examples) -> Source:
        """No fields: the seed is all that there is to say."""

        def draw(_: Sequence[Any], count: int, seed: int, truncation: float) -> _Drawn:
            drawn = client.draw(count, seed, truncation)
            return [(picture, f"seed {number}") for number, picture in enumerate(drawn, seed)]

        return Source([], draw, [([], seed) for seed in range(_EXAMPLES)])


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty.

    Raises:
        ClientError: There are none.
    """
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise ClientError("Say what to draw.")
    return found


def _written(values: Sequence[str]) -> list[str]:
    return lines_of(values[0])


def _chosen(values: Sequence[str | list[str]]) -> list[str]:
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return [", ".join(parts)]


def _choice(groups: Sequence[LabelGroup], place: int) -> list[str | list[str]]:
    """Labels of an example: another one of each group by its place."""
    return [
        group.labels[place % len(group.labels)]
        if group.exclusive
        else [group.labels[place // 2 % len(group.labels)]] * (place % 2)
        for group in groups
    ]


def _of_texts(client: Client, texts: Callable[[Sequence[Any]], list[str]]) -> _Draw:
    """Function that draws, with the same seeds, each of the texts that fields mean."""

    def draw(values: Sequence[Any], count: int, seed: int, truncation: float) -> _Drawn:
        given = texts(values)
        if len(given) * count > _MOST:
            raise ClientError(
                f"At most {_MOST} pictures are drawn at once. "
                f"Received: {len(given)} lines, {count} pictures of each."
            )
        return [
            (picture, f"{text} · seed {number}")
            for text in given
            for number, picture in enumerate(
                client.generate([text] * count, seed, truncation), seed
            )
        ]

    return draw
