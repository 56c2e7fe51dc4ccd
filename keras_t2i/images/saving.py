"""Pictures into files: PNG, JPEG or WebP, as the file's name says."""

from pathlib import Path
from typing import Any

from PIL import Image

from keras_t2i.pipelines.whole_file import whole_file

_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("PNG", {}),
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".webp": ("WEBP", {"lossless": True}),
}
SUFFIXES = tuple(_FORMATS)


def save_picture(image: Image.Image, path: Path) -> None:
    """Write a picture, whole or not at all, in the format of the suffix; creates its folder.

    Args:
        image: The picture.
        path: A file with one of `SUFFIXES`, in any case.
    """
    name, options = _FORMATS[path.suffix.lower()]
    with whole_file(path) as partial:
        image.convert("RGB").save(partial, format=name, **options)
