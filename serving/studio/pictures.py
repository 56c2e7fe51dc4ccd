"""Pictures as the page shows them and gives them away."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import gradio as gr
from PIL import Image

_SIDE = 256  # pixels that a shown picture is wide at least, about
_GAP = 4


def enlarged(picture: Image.Image) -> Image.Image:
    """A small picture large enough to look at."""
    factor = max(1, _SIDE // picture.width)
    return picture.resize(
        (picture.width * factor, picture.height * factor), Image.Resampling.BICUBIC
    )


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures of one size in a row, enlarged, with white gaps."""
    shown = [enlarged(picture) for picture in pictures]
    width = sum(picture.width + _GAP for picture in shown) - _GAP
    strip = Image.new("RGB", (width, shown[0].height), "white")
    for place, picture in enumerate(shown):
        strip.paste(picture, (place * (picture.width + _GAP), 0))
    return strip


def zipped(pictures: Sequence[Image.Image]) -> str:
    """The path of an archive of pictures as PNG files, as the model drew them."""
    path = Path(tempfile.mkdtemp(prefix="keras-t2i-")) / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, picture in enumerate(pictures):
            held = io.BytesIO()
            picture.save(held, "PNG")
            archive.writestr(f"{number:05d}.png", held.getvalue())
    return str(path)


def picture_output(label: str) -> gr.Image:
    """A picture of the model's, to look at and to save."""
    buttons: list[Literal["download", "share", "fullscreen"] | gr.Button]
    buttons = ["download", "fullscreen"]
    return gr.Image(label=label, type="pil", format="png", interactive=False, buttons=buttons)
