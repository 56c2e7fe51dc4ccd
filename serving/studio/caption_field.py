"""Fields for captions, which show the words that the model does not know."""

import html
import re
from collections.abc import Mapping, Sequence

import gradio as gr

from ..client import Client, ClientError
from ..client.abilities import UNKNOWN_WORDS

_MARK = '<u style="text-decoration:underline wavy #d33;text-underline-offset:.2em">{}</u>'
_NOTE = '<div style="opacity:.7">Underlined: not known to the model, and ignored.</div>'


def caption_field(client: Client, value: str, label: str, lines: int = 1) -> gr.Textbox:
    """A field for captions, one a line, and below it those with unknown words underlined.

    Args:
        client: Client of the model.
        value: Text to begin with.
        label: Words above the field.
        lines: Lines that it shows at first.
    """
    with gr.Column(min_width=160):
        field = gr.Textbox(value, label=label, lines=lines, max_length=10_000)
        if not UNKNOWN_WORDS.offered(client.signatures):
            return field
        told = gr.HTML(padding=False)

    def look(text: str) -> str:
        written = [line.strip() for line in text.splitlines() if line.strip()]
        try:
            return underlined(client.unknown_words(written)) if written else ""
        except ClientError:
            return ""  # nobody has pressed a button; when somebody does, the fault is told

    field.change(
        look,
        field,
        told,
        show_progress="hidden",
        trigger_mode="always_last",  # while somebody types, one request at a time
        concurrency_id="words",
        concurrency_limit=2,
        api_visibility="undocumented",
        api_name="unknown_words",
    )
    return field


def underlined(unknown: Mapping[str, Sequence[str]]) -> str:
    """Captions as HTML, their unknown words underlined.

    Args:
        unknown: The unknown words by caption. They may be written otherwise than in the caption:
            the model compares without upper case and in Unicode's form NFKC.
    """
    lines = [f"<div>{_line(caption, words)}</div>" for caption, words in unknown.items()]
    return "".join(lines) + _NOTE if lines else ""


def _line(caption: str, words: Sequence[str]) -> str:
    """A caption; an unknown word that it writes otherwise follows it."""
    patterns = [_pattern(word, caption) for word in sorted(set(words), key=len, reverse=True)]
    found = [pattern for pattern in patterns if re.search(pattern, caption, re.IGNORECASE)]
    elsewhere = [word for word in words if not re.search(re.escape(word), caption, re.IGNORECASE)]
    parts = re.split(f"({'|'.join(found)})", caption, flags=re.IGNORECASE) if found else [caption]
    shown = [
        _MARK.format(html.escape(part)) if place % 2 else html.escape(part)
        for place, part in enumerate(parts)
    ]
    return " ".join(["".join(shown), *(_MARK.format(html.escape(word)) for word in elsewhere)])


def _pattern(word: str, caption: str) -> str:
    """A word between spaces or signs; anywhere in scripts that are written without spaces."""
    whole = rf"(?<!\w){re.escape(word)}(?!\w)"
    return whole if re.search(whole, caption, re.IGNORECASE) else re.escape(word)
