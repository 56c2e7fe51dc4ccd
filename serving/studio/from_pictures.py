"""The tabs that take a picture: others from it, its holes filled, its labels."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr
from PIL import Image

from ..client import Client
from ..client.abilities import CLASSIFY, COMPLETE, Ability
from .examples import Examples
from .gallery import Example, gallery_of
from .panel import Panel, on_click
from .picture_fields import Painting, painter, picture_field, picture_of
from .pictures import enlarged, picture_output


class _TakesPicture(Panel):
    """A tab with a field that a picture is sent to."""

    uploads = frozenset({"upload"})


@dataclass(frozen=True)
class PictureToPicture(_TakesPicture):
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

    def build(self, client: Client, examples: Examples) -> None:
        """A picture; another one."""
        picture = picture_field("Picture")

        def make(given: str | None) -> Image.Image:
            return enlarged(self.work(client, [picture_of(given)])[0])

        on_click(
            self.title, self.ability.signature, make, [picture], lambda: [picture_output("Result")]
        )
        _offer(examples, picture)


class Complete(_TakesPicture):
    """A picture with its hole filled."""

    title = "Complete"
    needs = (COMPLETE,)
    uploads = frozenset({"upload", "component_server"})

    def build(self, client: Client, examples: Examples) -> None:
        """A picture, to paint the hole upon; the whole picture."""
        field = painter("Picture; paint over the part to fill")

        def fill(painting: Painting) -> Image.Image:
            picture = picture_of(painting.background)
            mask = painting.mask(picture.size)
            return enlarged(client.complete([picture], [mask])[0])

        on_click("Complete", "complete", fill, [field], lambda: [picture_output("Result")])
        gallery_of(
            [
                Example(one, "", [{"background": one, "layers": [], "composite": None}])
                for one in examples.some_pictures()
            ],
            [field],
        )


class Classify(_TakesPicture):
    """The labels that a model reads in a picture."""

    title = "Labels"
    needs = (CLASSIFY,)

    def build(self, client: Client, examples: Examples) -> None:
        """A picture; its labels with their probabilities."""
        picture = picture_field("Picture")

        def read(given: str | None) -> dict[str, float]:
            return client.labels([picture_of(given)])[0]

        on_click("Read", "classify", read, [picture], lambda: [gr.Label(label="Labels")])
        _offer(examples, picture)


def _offer(examples: Examples, field: gr.Image) -> None:
    """Pictures to choose from."""
    gallery_of([Example(one, "", [one]) for one in examples.some_pictures()], [field])
