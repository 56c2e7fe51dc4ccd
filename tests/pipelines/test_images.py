"""Pictures of every mode and depth as RGB of 8 bits, what is transparent on white."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import ExifTags, Image

from keras_t2i.images.given import opened
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import as_rgb, decoded_picture, open_picture, picture_size

GREY, COLOUR, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 4, 6
WHITE = [255, 255, 255]


def png(path, kind, rows, transparent=None, bits=16):
    """Write a PNG of numbers (H, W, C), which Pillow cannot write in all depths."""
    rows = np.asarray(rows, ">u2" if bits == 16 else "u1")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], bits, kind, 0, 0, 0)
    clear = b"" if transparent is None else struct.pack(f">{len(transparent)}H", *transparent)
    chunks = [(b"IHDR", header), (b"tRNS", clear), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in chunks:
        if content or name == b"IEND":
            checked = name + content
            data += struct.pack(">I", len(content)) + checked
            data += struct.pack(">I", zlib.crc32(checked))
    path.write_bytes(data)
    return path


def pixels(path):
    return np.asarray(open_picture(path))


def test_grey_of_16_bits_is_scaled(tmp_path):
    rows = np.array([[[0], [128], [257], [0x8000], [65535]]])
    found = pixels(png(tmp_path / "a.png", GREY, rows))
    np.testing.assert_array_equal(found[0, :, 0], [0, 0, 1, 128, 255])
    assert found.shape == (1, 5, 3)


def test_the_transparent_grey_of_16_bits_is_white(tmp_path):
    rows = np.array([[[0], [0x8000], [1]]])
    found = pixels(png(tmp_path / "a.png", GREY, rows, transparent=[0]))
    np.testing.assert_array_equal(found[0, :, 0], [255, 128, 0])


def test_the_transparent_colour_of_16_bits_is_white_and_no_neighbour_of_it(tmp_path):
    clear = [0x1234, 0x5678, 0x9ABC]
    near = [0x1235, 0x5678, 0x9ABC]  # the same in its high bytes
    found = pixels(png(tmp_path / "a.png", COLOUR, [[clear, near, [0, 0, 0]]], clear))
    assert found[0].tolist() == [WHITE, [0x12, 0x56, 0x9A], [0, 0, 0]]
    of_bytes = decoded_picture(io.BytesIO((tmp_path / "a.png").read_bytes()), "a.png")
    np.testing.assert_array_equal(np.asarray(of_bytes), found)


@pytest.mark.parametrize(
    ("kind", "row", "wanted"),
    [
        (GREY_ALPHA, [[0, 0], [0x4000, 65535]], [255, 0x40]),
        (COLOUR_ALPHA, [[0, 0, 0, 0], [0x4000, 0x4000, 0x4000, 65535]], [255, 0x40]),
    ],
)
def test_alpha_of_16_bits_shows_white(tmp_path, kind, row, wanted):
    found = pixels(png(tmp_path / "a.png", kind, [row]))
    np.testing.assert_array_equal(found[0, :, 0], wanted)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "RGBa"])
def test_alpha_of_any_mode_shows_white(mode):
    image = Image.new("RGBA", (2, 1), (9, 9, 9, 0))
    image.putpixel((1, 0), (40, 40, 40, 255))
    image = image.convert(mode)
    assert np.asarray(as_rgb(image))[0, :, 0].tolist() == [255, 40]
    assert np.asarray(opened(image))[0, :, 0].tolist() == [255, 40]


@pytest.mark.parametrize(
    ("mode", "clear", "hidden"),
    [("1", 0, 0), ("L", 7, 7), ("P", 0, 0), ("RGB", (1, 2, 3), (1, 2, 3))],
)
def test_the_transparent_colour_of_8_bits_is_white(tmp_path, mode, clear, hidden):
    image = Image.new(mode, (2, 2), hidden)
    image.save(tmp_path / "a.png", transparency=clear)
    assert pixels(tmp_path / "a.png")[0, 0].tolist() == WHITE


@pytest.mark.parametrize("suffix", [".tif", ".png", ".jp2", ".pgm"])
def test_grey_of_16_bits_in_any_format(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    levels = np.array([[0, 257 * 100], [257 * 200, 65535]], np.uint16).repeat(8, 0).repeat(8, 1)
    Image.fromarray(levels).save(path)
    found = pixels(path)[::8, ::8, 0]
    np.testing.assert_array_equal(found, [[0, 100], [200, 255]])


def test_a_tiff_in_which_zero_is_white(tmp_path):
    levels = np.array([[0, 65535]], np.uint16)
    Image.fromarray(levels).save(tmp_path / "a.tif", tiffinfo={262: 0})
    np.testing.assert_array_equal(pixels(tmp_path / "a.tif")[0, :, 0], [255, 0])


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_numbers_without_a_white_are_refused(tmp_path, dtype):
    Image.fromarray(np.ones((4, 4), dtype)).save(tmp_path / "a.tif")
    with pytest.raises(InputError, match=r"a\.tif: holds numbers of which nobody says"):
        open_picture(tmp_path / "a.tif")


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif", "avif"])
def test_the_size_is_that_of_the_picture_upright(tmp_path, kind, orientation):
    path = tmp_path / f"a.{kind}"
    if Image.registered_extensions().get(f".{kind}") not in Image.SAVE:
        pytest.skip(f"Pillow writes no {kind} here")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", (24, 16)).save(path, exif=exif)
    assert picture_size(path) == open_picture(path).size
    assert (picture_size(path) == (16, 24)) is (orientation > 4)
