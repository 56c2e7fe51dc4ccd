"""Fields that take a picture, and one to paint a hole upon it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components.base import server
from gradio.components.image_editor import AcceptBlobs, EditorData
from gradio.data_classes import ImageData
from PIL import Image, ImageChops, UnidentifiedImageError

from ..client import ClientError
from ..client.errors import one_line
from ..client.pictures import decoded

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # others run other programs
_MOST_PIXELS = 50_000_000
_LONGEST = 2048  # pixels of a side that are sent; models take the central square, smaller
_LAYERS, _STORED = 8, 16
LARGEST_FILE = 20_000_000


def picture_field(label: str) -> gr.Image:
    """A field for a picture, as the path of its file: it is decoded where an error can be shown.

    Args:
        label: Words above it.
    """
    field = gr.Image(label=label, type="filepath", sources=["upload", "clipboard"])

    def path(payload: ImageData | None) -> str | None:
        return None if payload is None else payload.path

    # No class derived from Gradio's: it writes a stub beside each file that has one.
    setattr(field, "preprocess", path)  # noqa: B010
    return field


@dataclass(frozen=True)
class Painting:
    """A picture, and what was painted upon it; each a file's path or content.

    Args:
        background: The picture.
        layers: Transparent where nothing was painted.
    """

    background: str | bytes | None
    layers: list[str | bytes]

    def mask(self, size: tuple[int, int]) -> Image.Image:
        """The painted part in a picture of a size: white upon black.

        Raises:
            ClientError: Nothing was painted, or a layer cannot be read.
        """
        mask = Image.new("L", size)
        for layer in self.layers:
            mask = ImageChops.lighter(mask, _read(layer, _painted).resize(size))
        if mask.getbbox() is None:
            raise ClientError("Paint over the part to fill.")
        return mask


def painter(label: str) -> gr.ImageEditor:
    """A field for a picture to paint a hole upon, as a `Painting`.

    Args:
        label: Words above it.
    """
    field = gr.ImageEditor(
        label=label,
        type="filepath",
        sources=["upload", "clipboard"],
        transforms=(),
        layers=False,
        brush=gr.Brush(colors=["#e03030"], color_mode="fixed"),
    )
    stored, take = field.blob_storage, field.accept_blobs

    def painting(payload: EditorData | None) -> Painting:
        parts: list[str | bytes | None] = [None]
        if payload is not None and payload.id is not None:
            held = stored.pop(payload.id, None)
            parts = [held.background, *held.layers] if held else parts
        elif payload is not None:
            files = [payload.background, *payload.layers]
            parts = [None if file is None else file.path for file in files]
        background, *layers = parts
        return Painting(background, [layer for layer in layers if layer is not None])

    def accept_blobs(data: AcceptBlobs) -> None:
        """Take a part of a painting; Gradio itself takes any number, and keeps them for ever."""
        index = str(data.data.get("index") or "0")
        if index != "null" and not (index.isdecimal() and int(index[:9]) < _LAYERS):
            raise gr.Error(f"A layer must have a number below {_LAYERS}.", print_exception=False)
        take(data)
        while len(stored) > _STORED:  # the oldest, which nobody has come for
            stored.pop(next(iter(stored)))

    setattr(field, "preprocess", painting)  # noqa: B010
    setattr(field, "accept_blobs", server(accept_blobs))  # noqa: B010
    return field


def picture_of(given: str | bytes | None) -> Image.Image:
    """The picture that a visitor gives, in RGB, no larger than models need.

    Args:
        given: A file's path or content.

    Raises:
        ClientError: No picture, an unreadable one, or a huge one.
    """
    if not given:
        raise ClientError("Give a picture.")
    found = _read(given, decoded)
    found.thumbnail((_LONGEST, _LONGEST))
    return found


def _painted(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA").getchannel("A")


def _read(given: str | bytes, convert: Callable[[Image.Image], Image.Image]) -> Image.Image:
    file: Any = Path(given) if isinstance(given, str) else io.BytesIO(given)
    try:
        with Image.open(file, formats=_FORMATS) as picture:
            if picture.width * picture.height <= _MOST_PIXELS:
                return convert(picture)
    except UnidentifiedImageError as error:
        raise ClientError(f"The picture must be one of {', '.join(_FORMATS)}.") from error
    except Image.DecompressionBombError:
        pass  # far more pixels
    # On broken data Pillow's decoders raise errors of a dozen kinds.
    except Exception as error:
        raise ClientError(f"The picture cannot be read ({one_line(error)}).") from error
    raise ClientError(f"The picture must have at most {_MOST_PIXELS // 10**6} million pixels.")
