"""Pictures of a run that turns pictures into pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from keras_t2i.images.grid import plain_grid
from keras_t2i.pipelines.images import open_picture, resized
from keras_t2i.tasks.base.files import only_pictures, picture_paths
from keras_t2i.tasks.base.options import GenerateOptions

if TYPE_CHECKING:
    from keras_t2i.tasks.image_to_image.task import ImageToImageTask

_GREY = 8  # levels that a hole's white may be off


def render(task: "ImageToImageTask", request: GenerateOptions) -> list[Image.Image]:
    """Translate files, or all pictures of folders; as they come, where the network needs no mask.

    Of a network that fills holes, what is white in a picture is the hole.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    only_pictures(request)
    request.refuse(("back",), "it goes one way.")
    shape = task.pairs(1)["source"].shape
    sources = np.stack([_source(file, shape[1], shape[3]) for file in picture_paths(request)])
    pictures = task.translate(task.gan, sources)
    if request.grid:
        from keras_t2i.tasks.image_to_image.task import shown

        return [plain_grid(np.stack([shown(sources, pictures.shape[1]), pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]


def _source(file: Path, side: int, channels: int) -> np.ndarray:
    """A file as the network takes it, float32 (side, side, channels)."""
    picture = resized(open_picture(file), side)
    scaled = picture.astype("float32") / 127.5 - 1.0
    if channels == 3:
        return scaled
    mask = (picture.min(-1, keepdims=True) >= 255 - _GREY).astype("float32")
    return np.concatenate([scaled * (1 - mask), mask], -1)
