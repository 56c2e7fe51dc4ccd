"""The tab of a model that writes melodies."""

import gradio as gr
import numpy as np

from ..client import Client, ClientError
from ..client.abilities import CONTINUED, MELODIES
from .examples import Examples
from .panel import Panel, on_click, seed_field, seed_of
from .sound import NAMES, RATE, sound_of

_STEPS = 16
_MOST_BARS = 32
_CHORDS = ("C G Am F", "Am F C G", "C Am F G", "Dm G C Am", "C F G C C F G C")


class Melody(Panel):
    """A melody over chords: its notes, and its sound."""

    title = "Compose"
    needs = (MELODIES,)

    def build(self, client: Client, examples: Examples) -> None:
        """Chords, a seed and perhaps a first bar; a player, and a table of notes."""
        given = examples.texts or _CHORDS
        with gr.Row():
            chords = gr.Textbox(given[0], label="Chords, one a bar")
            seed = seed_field()
        fields = [chords, seed]
        if CONTINUED.offered(client.signatures):
            fields.append(gr.Textbox(label="First bar: 16 notes such as C4 or 60; or nothing"))

        def compose(
            text: str, number: float | None, begin: str = ""
        ) -> tuple[tuple[int, np.ndarray], list[list[str]]]:
            bars = text.split()
            if not 1 <= len(bars) <= _MOST_BARS:
                raise ClientError(
                    f"Give 1 to {_MOST_BARS} chords, such as C G Am F. Received: {len(bars)}."
                )
            pitches = client.melody(" ".join(bars), seed_of(number), _first_bar(begin))
            rows = [[bar, *map(note_name, row)] for bar, row in zip(bars, pitches, strict=True)]
            return (RATE, sound_of(pitches, bars)), rows

        headers = ["chord", *map(str, range(1, _STEPS + 1))]
        on_click(
            "Compose",
            "compose",
            compose,
            fields,
            lambda: [
                gr.Audio(label="Melody and chords", interactive=False, buttons=["download"],
                         format="wav"),
                gr.Dataframe(headers=headers, label="Notes, a bar a row", interactive=False),
            ],
        )  # fmt: skip
        gr.Examples([[text] for text in given], [chords], label="Examples; choose one")


def note_name(pitch: int) -> str:
    """The name of a MIDI number: 60 is `C4`."""
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def _first_bar(text: str) -> list[int] | None:
    """The MIDI numbers of a bar as it is written; nothing for nothing."""
    notes = text.replace(",", " ").split()
    if not notes:
        return None
    if len(notes) != _STEPS:
        raise ClientError(f"The first bar must have {_STEPS} notes. Received: {len(notes)}.")
    return [_pitch(note) for note in notes]


def _pitch(note: str) -> int:
    if note.isascii() and note.isdigit() and len(note) <= 3:
        return int(note)
    name, octave = note[:-1].upper(), note[-1]
    if name not in NAMES or octave not in "0123456789":
        raise ClientError(f"A note must be such as C4, F#5 or 60. Received: {note}.")
    return NAMES.index(name) + 12 * (int(octave) + 1)
