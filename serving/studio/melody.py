"""The tab of a model that writes melodies."""

import gradio as gr

from ..client import Client, ClientError
from ..client.abilities import MELODIES
from .panel import Panel, on_click, seed_field, seed_of

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_STEPS = 16


class Melody(Panel):
    """The notes of a melody over chords."""

    title = "Compose"
    needs = (MELODIES,)

    def build(self, client: Client) -> None:
        """Chords and a seed; a table of notes."""
        with gr.Row():
            chords = gr.Textbox("C G Am F", label="Chords, one a bar")
            seed = seed_field()

        def compose(text: str, number: float | None) -> list[list[str]]:
            bars = text.split()
            if not bars:
                raise ClientError("Give the chords, such as C G Am F.")
            pitches = client.melody(" ".join(bars), seed_of(number))
            return [
                [bar, *map(note_name, row)] for bar, row in zip(bars, pitches.tolist(), strict=True)
            ]

        headers = ["chord", *map(str, range(1, _STEPS + 1))]
        on_click(
            "Compose",
            "compose",
            compose,
            [chords, seed],
            lambda: [gr.Dataframe(headers=headers, label="Notes, a bar a row", interactive=False)],
        )


def note_name(pitch: int) -> str:
    """The name of a MIDI number: 60 is `C4`."""
    return f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"
