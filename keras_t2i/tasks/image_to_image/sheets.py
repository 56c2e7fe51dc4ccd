"""Sheets of translated pictures."""

import numpy as np
from PIL import Image

from keras_t2i.images.grid import plain_grid
from keras_t2i.tasks.base.options import GenerateOptions
from keras_t2i.tasks.image_to_image.rivals import shown
from keras_t2i.tasks.image_to_image.sampler import TranslationSampler


def render(sampler: TranslationSampler, options: GenerateOptions) -> list[Image.Image]:
    """Translate files, or all pictures of folders.

    Raises:
        InputError: No pictures, or ones that cannot be read.
    """
    sources = sampler.sources([source.path for source in options.sources])
    pictures = sampler.translate(sources)
    if options.grid:
        return [plain_grid(np.stack([shown(sources, pictures.shape[1]), pictures], 1))]
    return [Image.fromarray(picture) for picture in pictures]
