"""Pictures of a run between two kinds of pictures."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from keras_t2i.images.grid import plain_grid
from keras_t2i.pipelines.images import open_picture, resized
from keras_t2i.tasks.base.files import only_pictures, picture_paths
from keras_t2i.tasks.base.options import GenerateOptions

if TYPE_CHECKING:
    from keras_t2i.tasks.unpaired_image_to_image.task import UnpairedImageToImageTask


def render(task: "UnpairedImageToImageTask", request: GenerateOptions) -> list[Image.Image]:
    """Files, or all pictures of folders, as the second kind, or with `back` as the first.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    only_pictures(request)
    side = task.info.image_size
    given = np.stack([resized(open_picture(file), side) for file in picture_paths(request)])
    pictures = task.translate(task.gan, given, request.back)
    if request.grid:
        return [plain_grid(np.stack([given, pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]
