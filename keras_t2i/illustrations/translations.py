"""Pictures of a run that turns pictures into pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from keras_t2i.illustrations.request import Request
from keras_t2i.pictures.grid import plain_grid
from pipelines.errors import InputError
from pipelines.images import SUFFIXES, open_picture, resized

if TYPE_CHECKING:
    from keras_t2i.image_to_image import TranslationWorkshop

_GREY = 8  # levels that a hole's white may be off


def illustrate(workshop: "TranslationWorkshop", request: Request) -> list[Image.Image]:
    """Translate files, or all pictures of folders; as they come, where the network needs no mask.

    Of a network that fills holes, what is white in a picture is the hole.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    refused = ("captions", "labels", "file", "interpolate", "arithmetic", "attention",
               "combinations", "reconstruct")  # fmt: skip
    request.refuse(refused, "it takes pictures; give --translate FILE ….")
    files = [file for path in request.translate for file in _files(path)]
    if not files:
        raise InputError("Give --translate with pictures, or folders of them.")
    source = workshop.pairs(1)["source"]
    sources = np.stack([_source(file, source.shape[1], source.shape[3]) for file in files])
    pictures = workshop.translate(workshop.gan, sources)
    if request.grid:
        from keras_t2i.image_to_image import shown

        return [plain_grid(np.stack([shown(sources, pictures.shape[1]), pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES)


def _source(file: Path, side: int, channels: int) -> np.ndarray:
    """A file as the network takes it, float32 (side, side, channels)."""
    picture = resized(open_picture(file), side)
    scaled = picture.astype("float32") / 127.5 - 1.0
    if channels == 3:
        return scaled
    mask = (picture.min(-1, keepdims=True) >= 255 - _GREY).astype("float32")
    return np.concatenate([scaled * (1 - mask), mask], -1)
