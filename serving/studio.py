"""`python -m serving.studio`: a page to play with a served model; it talks only to its REST API."""

import argparse
import html
import io
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .client import Client, ClientError

# Before Gradio is imported: it calls home otherwise.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
import gradio as gr

_EXAMPLES = "a red bird\na small white bird with a long bill"
_SYSTEM_FONTS = ["system-ui", "sans-serif"]
_SYSTEM_MONO = ["ui-monospace", "monospace"]
_MOST = 16
_BUTTONS = ["download", "fullscreen"]
Texts = Callable[..., list[str]]


def theme() -> gr.themes.Base:
    """A look without fonts from elsewhere."""
    return gr.themes.Default(font=_SYSTEM_FONTS, font_mono=_SYSTEM_MONO)


def page(client: Client) -> gr.Blocks:
    """The page of a model.

    Args:
        client: Asks it.

    Raises:
        ClientError: The server does not answer, or the model draws nothing.
    """
    labelled = client.takes_labels
    with gr.Blocks(title=f"{client.model} · keras-t2i", analytics_enabled=False) as made:
        gr.Markdown(f"# {client.model}")
        with gr.Tab("Draw"):
            _draw(client)
        if "encode_text" in client.signatures:
            with gr.Tab("Words"):
                _words(client)
        with gr.Tab("Between"):
            _between(client, labelled)
        if {"sample_noise", "synthesize"} <= client.signatures.keys():
            with gr.Tab("Arithmetic"):
                _arithmetic(client, labelled)
    return made


def _draw(client: Client) -> None:
    inputs, texts = _text_inputs(client)
    with gr.Row():
        count = gr.Slider(1, _MOST, 4, step=1, label="Pictures of each")
        seed = gr.Number(0, precision=0, label="Seed")
        truncation = gr.Slider(0.0, 1.0, 1.0, label="Truncation (less: more typical)")
    button = gr.Button("Draw", variant="primary")
    gallery = gr.Gallery(label="Pictures", columns=4, object_fit="contain", height="auto")
    download = gr.File(label="All pictures (.zip)", interactive=False)

    def draw(*values: Any) -> tuple[list[tuple[Image.Image, str]], str]:
        *given, wanted, first, strength = values
        seeds = range(int(first), int(first) + int(wanted))
        pictures = [
            (client.generate([text], seed, strength)[0], f"{text} · seed {seed}")
            for text in texts(*given)
            for seed in seeds
        ]
        shown = [(_enlarged(picture), name) for picture, name in pictures]
        return shown, _zipped([picture for picture, _ in pictures])

    button.click(_told(draw), [*inputs, count, seed, truncation], [gallery, download])


def _text_inputs(client: Client) -> tuple[list[Any], Texts]:
    """The fields to say what to draw, and what makes texts of their values."""
    groups = client.label_groups() if client.takes_labels else []
    if not groups:
        label = "Labels, a picture a line" if client.takes_labels else "Captions, one a line"
        value = "" if client.takes_labels else _EXAMPLES
        return [gr.Textbox(value, label=label, lines=3)], _lines
    with gr.Row():
        fields = [
            gr.Dropdown(g.labels, value=g.labels[0], label=g.name)
            if g.exclusive
            else gr.CheckboxGroup(g.labels, label=g.name)
            for g in groups
        ]
    return fields, _chosen


def _lines(text: str) -> list[str]:
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise ClientError("Say what to draw.")
    return found


def _chosen(*values: str | list[str]) -> list[str]:
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return [", ".join(parts)]


def _words(client: Client) -> None:
    caption = gr.Textbox(_EXAMPLES.splitlines()[1], label="Caption")
    button = gr.Button("Look", variant="primary")
    shown = gr.HTML()

    def look(text: str) -> str:
        found = client.encode(_lines(text)[:1])
        tokens = [t.decode() if isinstance(t, bytes) else str(t) for t in found["tokens"][0]]
        return attention_html(tokens, found["attention"][0])

    button.click(_told(look), [caption], [shown])


def attention_html(tokens: Sequence[str], attention: np.ndarray) -> str:
    """Words, darker where a row of attention looks; a row a line.

    Args:
        tokens: n words; empty ones are padding.
        attention: float (r, n).
    """
    rows = []
    for number, weights in enumerate(np.asarray(attention), 1):
        top = max(float(weights.max()), 1e-9)
        words = "".join(
            f'<span style="background:rgba(220,60,40,{weight / top:.2f});padding:.15em .35em;'
            f'margin:.1em;border-radius:.3em;display:inline-block" title="{weight:.3f}">'
            f"{html.escape(token)}</span>"
            for token, weight in zip(tokens, weights, strict=True)
            if token
        )
        rows.append(f'<div style="margin:.3em 0"><b>{number}</b> {words}</div>')
    return "".join(rows)


def _between(client: Client, labelled: bool) -> None:
    known = _known(client) if labelled else _EXAMPLES.splitlines()
    with gr.Row():
        start = gr.Textbox(known[0], label="From")
        end = gr.Textbox(known[-1], label="To")
        seed = gr.Number(0, precision=0, label="Seed")
    button = gr.Button("Go", variant="primary")
    strip = gr.Image(label="On the way", type="pil", format="png", buttons=_BUTTONS)

    def go(first: str, last: str, number: float) -> Image.Image:
        return _side_by_side(client.interpolate(first, last, 8, int(number)))

    button.click(_told(go), [start, end, seed], [strip])


def _arithmetic(client: Client, labelled: bool) -> None:
    known = _known(client) if labelled else ["a red bird in the snow", "a red bird", "a blue bird"]
    with gr.Row():
        start = gr.Textbox(known[0], label="This")
        minus = gr.Textbox(known[len(known) // 2], label="minus this")
        plus = gr.Textbox(known[-1], label="plus this")
        seed = gr.Number(0, precision=0, label="Seed")
    button = gr.Button("Add up", variant="primary")
    strip = gr.Image(label="The three, and the sum", type="pil", format="png", buttons=_BUTTONS)

    def add_up(one: str, two: str, three: str, number: float) -> Image.Image:
        a, b, c = client.condition([one, two, three])
        total = np.clip(a - b + c, 0.0, 1.0) if labelled else a - b + c
        rows = np.stack([a, b, c, total])
        noise = client.noise([int(number)]).repeat(len(rows), axis=0)
        return _side_by_side(client.synthesize(noise, rows))

    button.click(_told(add_up), [start, minus, plus, seed], [strip])


def _known(client: Client) -> list[str]:
    """Texts of labels that the model knows: the first of each group, then the last."""
    groups = [group for group in client.label_groups() if group.exclusive]
    return [", ".join(g.labels[place] for g in groups) for place in (0, -1)]


def _told(work: Callable[..., Any]) -> Callable[..., Any]:
    """Errors of the client as messages on the page."""

    @wraps(work)
    def told(*values: Any) -> Any:
        try:
            return work(*values)
        except ClientError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return told


def _enlarged(picture: Image.Image) -> Image.Image:
    """Small pictures large enough to look at, pixel by pixel."""
    factor = max(1, 256 // picture.width)
    return picture.resize(
        (picture.width * factor, picture.height * factor), Image.Resampling.BICUBIC
    )


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    shown = [_enlarged(picture) for picture in pictures]
    strip = Image.new("RGB", (sum(p.width + 4 for p in shown) - 4, shown[0].height), "white")
    left = 0
    for picture in shown:
        strip.paste(picture, (left, 0))
        left += picture.width + 4
    return strip


def _zipped(pictures: Sequence[Image.Image]) -> str:
    """The pictures as PNG files in an archive, as the model drew them."""
    path = Path(tempfile.mkdtemp(prefix="keras-t2i-")) / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, picture in enumerate(pictures):
            held = io.BytesIO()
            picture.save(held, "PNG")
            archive.writestr(f"{number:05d}.png", held.getvalue())
    return str(path)


def main() -> None:
    """Parse the command line and show the page until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.studio", description="A page to play with a served model."
    )
    parser.add_argument(
        "--url", default="http://localhost:8501", help="the server, or …/v1/models/NAME"
    )
    parser.add_argument("--model", default="default", help="its name, if the URL does not say it")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=7860)
    arguments = parser.parse_args()
    try:
        made = page(Client(arguments.url, arguments.model))
        made.launch(
            server_name=arguments.host,
            server_port=arguments.port,
            share=False,
            show_error=True,
            theme=theme(),
            footer_links=[],
        )
    except (ClientError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
