"""Sizes of pictures by their headers."""

import io

import pytest
from PIL import Image

from serving.picture_size import picture_size


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP"])
@pytest.mark.parametrize("size", [(1, 1), (300, 7), (640, 480)])
def test_sizes_are_those_of_pillow(form, size):
    held = io.BytesIO()
    exif = Image.Exif()
    exif[270] = "a long description " * 50
    more = {"exif": exif, "progressive": True} if form == "JPEG" else {}
    Image.new("RGB", size).save(held, form, **more)
    assert picture_size(held.getvalue()) == size


@pytest.mark.parametrize(
    "data", [b"", b"no picture", b"\xff\xd8", b"\xff\xd8" + b"\xff" * 10**6, b"\x89PNG\r\n\x1a\n",
             b"\xff\xd8" + b"\xff\xe0\x00\x02" * 10**5, b"GIF89a", b"BM"]
)  # fmt: skip
def test_what_has_no_size(data):
    assert picture_size(data) is None
