"""Pictures of a run between two kinds of pictures."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from keras_t2i.illustrations.files import only_pictures, picture_paths
from keras_t2i.illustrations.request import Request
from keras_t2i.pictures.grid import plain_grid
from pipelines.images import open_picture, resized

if TYPE_CHECKING:
    from keras_t2i.between_kinds import KindsWorkshop


def illustrate(workshop: "KindsWorkshop", request: Request) -> list[Image.Image]:
    """Files, or all pictures of folders, as the second kind, or with `back` as the first.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    only_pictures(request)
    side = workshop.info.image_size
    given = np.stack([resized(open_picture(file), side) for file in picture_paths(request)])
    pictures = workshop.translate(workshop.gan, given, request.back)
    if request.grid:
        return [plain_grid(np.stack([given, pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]
