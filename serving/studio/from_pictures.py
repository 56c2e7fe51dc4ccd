"""The tabs that take a picture: others from it, its holes filled, its labels."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import gradio as gr
from PIL import Image, ImageChops

from ..client import Client, ClientError
from ..client.abilities import CLASSIFY, COMPLETE, Ability
from .panel import Panel, on_click
from .pictures import enlarged, picture_output


@dataclass(frozen=True)
class PictureToPicture(Panel):
    """Tab that shows the picture that a model makes of another.

    Args:
        title: Title of the tab and words on its button.
        ability: Ability that the model must have; its signature names the action.
        work: Method of the client, from pictures to pictures.
    """

    title: str
    ability: Ability
    work: Callable[[Client, list[Image.Image]], list[Image.Image]]

    @property
    def needs(self) -> tuple[Ability, ...]:
        """The one ability."""
        return (self.ability,)

    def build(self, client: Client) -> None:
        """A picture; another one."""
        picture = gr.Image(label="Picture", type="pil", sources=["upload", "clipboard"])

        def make(given: Image.Image | None) -> Image.Image:
            return enlarged(self.work(client, [_given(given)])[0])

        on_click(
            self.title, self.ability.signature, make, [picture], lambda: [picture_output("Result")]
        )


class Painted(TypedDict):
    """Value of an editor of pictures: the picture, and what was painted upon it, transparent."""

    background: Image.Image | None
    layers: list[Image.Image]
    composite: Image.Image | None


class Complete(Panel):
    """A picture with its hole filled."""

    title = "Complete"
    needs = (COMPLETE,)

    def build(self, client: Client) -> None:
        """A picture, to paint the hole upon; the whole picture."""
        editor = gr.ImageMask(
            label="Picture; paint over the part to fill",
            type="pil",
            sources=["upload", "clipboard"],
        )

        def fill(painted: Painted | None) -> Image.Image:
            picture = _given(painted["background"] if painted else None)
            mask = Image.new("L", picture.size)
            for layer in painted["layers"] if painted else ():
                mask = ImageChops.lighter(mask, layer.convert("RGBA").getchannel("A"))
            if mask.getbbox() is None:
                raise ClientError("Paint over the part to fill.")
            return enlarged(client.complete([picture], [mask])[0])

        on_click("Complete", "complete", fill, [editor], lambda: [picture_output("Result")])


class Classify(Panel):
    """The labels that a model reads in a picture."""

    title = "Labels"
    needs = (CLASSIFY,)

    def build(self, client: Client) -> None:
        """A picture; its labels with their probabilities."""
        picture = gr.Image(label="Picture", type="pil", sources=["upload", "clipboard"])

        def read(given: Image.Image | None) -> dict[str, float]:
            return client.labels([_given(given)])[0]

        on_click("Read", "classify", read, [picture], lambda: [gr.Label(label="Labels")])


def _given(picture: Image.Image | None) -> Image.Image:
    if picture is None:
        raise ClientError("Give a picture.")
    return picture
