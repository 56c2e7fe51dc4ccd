"""The contract of the page's tabs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar

import gradio as gr
from gradio.components import Component

from ..client import Client, ClientError
from ..client.abilities import Ability
from ..client.signature import Signature
from .examples import Examples

_EXACT = 2**53  # browsers' numbers are whole up to here


class Panel(ABC):
    """A tab of the page: fields, a button, and what the model answers."""

    title: str
    """Words on the tab."""

    uploads: ClassVar[frozenset[str]] = frozenset()
    """Gradio's addresses that its fields send files to."""

    @property
    @abstractmethod
    def needs(self) -> tuple[Ability, ...]:
        """Abilities that a model must have for the tab to work."""

    @abstractmethod
    def build(self, client: Client, examples: Examples) -> None:
        """Put the tab's components on the page."""

    def fits(self, signatures: Mapping[str, Signature]) -> bool:
        """Whether a model with these signatures offers all that the tab needs."""
        return all(ability.offered(signatures) for ability in self.needs)


def on_click(
    label: str,
    name: str,
    work: Callable[..., Any],
    inputs: Sequence[Component],
    outputs: Callable[[], Sequence[Component]],
) -> None:
    """A button below the fields, and below it what comes out.

    All buttons of the page stand in one queue: one press is worked on at a time, and the others
    see their place in it.

    Args:
        label: Words on the button.
        name: Name of the action in the page's API.
        work: Function from the fields' values to the outputs'; a ClientError is shown on the page.
        inputs: Fields whose values it takes.
        outputs: Function that makes the components for its results.
    """

    @wraps(work)
    def told(*values: Any) -> Any:
        try:
            return work(*values)
        except ClientError as error:
            raise gr.Error(str(error), print_exception=False) from error

    button = gr.Button(label, variant="primary")
    button.click(
        told,
        list(inputs),
        list(outputs()),
        api_name=name,
        concurrency_id="presses",
        concurrency_limit=1,
    )


def seed_field() -> gr.Number:
    """A field for the seed of the noise."""
    return gr.Number(0, precision=0, label="Seed")


def seed_of(value: float | None) -> int:
    """The seed in such a field.

    Raises:
        ClientError: The field is empty, or holds a number that a browser does not hold exactly.
    """
    if value is None:
        raise ClientError("Seed must be a whole number. Received: nothing.")
    if not -_EXACT <= value <= _EXACT:
        raise ClientError("Seed must be a whole number within ±2^53.")
    return int(value)


def truncation_field() -> gr.Slider:
    """A field for the factor of the noise."""
    return gr.Slider(0.0, 1.0, 1.0, label="Truncation (less: more typical)")
