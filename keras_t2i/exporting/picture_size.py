"""Size of an encoded picture by its header, within a graph, before anything is decoded."""

from collections.abc import Callable

import tensorflow as tf

from keras_t2i.exporting.requirement import require

MOST_PIXELS = 2**24
"""Pixels of a picture; of an animation, of all its frames together."""

_HEADER = 32  # bytes; the last of PNG's size is the 24th

Size = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
"""Width and height, int64 (), and the pixels that a decoder takes memory for, float64 ()."""


def bounded(data: tf.Tensor) -> tf.Tensor:
    """A file of a picture, string (), that may be decoded.

    Refused are files that are no PNG, JPEG, GIF or BMP, and pictures of too many pixels: a decoder
    takes memory for what a header says, however short the file is.
    """
    starts = [tf.strings.substr(data, 0, len(magic)) == magic for magic in _READERS]
    length = tf.strings.as_string(tf.strings.length(data))
    known = require(
        tf.reduce_any(starts),
        "A picture must be a PNG, JPEG, GIF or BMP file.",
        tf.strings.join([length, " bytes of another kind"])[None],
    )
    with tf.control_dependencies([known]):
        kind = tf.argmax(tf.cast(starts, tf.int32), output_type=tf.int32)
    readers = [lambda read=read: read(data) for read in _READERS.values()]
    width, height, pixels = tf.switch_case(kind, readers)
    sides = [tf.strings.as_string(side) for side in (width, height)]
    count = tf.strings.as_string(pixels, precision=0)
    small = require(
        (pixels >= 1.0) & (pixels <= MOST_PIXELS),
        f"A picture must have 1 to {MOST_PIXELS} pixels, all frames of a GIF together.",
        tf.strings.join([sides[0], " x ", sides[1], ", ", count, " pixels"])[None],
    )
    with tf.control_dependencies([small]):
        return tf.identity(data)


def _png(data: tf.Tensor) -> Size:
    header = _header(data)
    # The decoder also reads files that begin with something else, which the format forbids.
    first = tf.reduce_all(header[12:16] == tf.constant(list(b"IHDR"), tf.int64))
    sides = tf.where(first, header[16:24], 0)[::-1]  # PNG's numbers are big-endian
    return _size(_number(sides[4:]), _number(sides[:4]))


def _jpeg(data: tf.Tensor) -> Size:
    height, width, _ = tf.unstack(tf.image.extract_jpeg_shape(data, tf.int64), num=3)
    return _size(width, height)


def _bmp(data: tf.Tensor) -> Size:
    header = _header(data)
    width, height = _number(header[18:22]), _number(header[22:26])
    # A height below 0, here one above 2^31, says that rows come from top to bottom.
    return _size(width, tf.minimum(height, 2**32 - height))


def _gif(data: tf.Tensor) -> Size:
    """The sides of the largest frame, and the pixels of all frames.

    All frames are decoded, at the sizes that their own headers say: the file's header does not
    bind them. So all blocks are visited.
    """
    padding = tf.zeros((_HEADER,), tf.int64)
    held = tf.concat([tf.cast(tf.io.decode_raw(data, tf.uint8), tf.int64), padding], 0)
    length = tf.strings.length(data)

    def step(place: tf.Tensor, inside: tf.Tensor, *size: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """One part of a block's data (`inside`), or the head of a block."""
        block = held[place : place + 10]
        kind = block[0]
        is_frame = tf.logical_not(inside) & (kind == 0x2C)
        is_extension = tf.logical_not(inside) & (kind == 0x21)
        head = tf.where(is_frame, 11 + _table(block[9]), tf.where(is_extension, 2, length))
        further = tf.where(inside, tf.cast(kind, tf.int32) + 1, head)
        side = tf.where(is_frame, [_number(block[5:7]), _number(block[7:9])], 0)
        width, height, pixels = _size(*tf.unstack(side, num=2))
        return (
            place + further,
            tf.where(inside, kind > 0, is_frame | is_extension),
            tf.maximum(size[0], width),
            tf.maximum(size[1], height),
            size[2] + pixels,
        )

    nothing = _size(tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    state = 13 + _table(held[10]), tf.constant(False), *nothing
    _, _, *size = tf.while_loop(
        lambda place, *_: place < length, step, state, parallel_iterations=1
    )
    return size[0], size[1], size[2]


def _table(flags: tf.Tensor) -> tf.Tensor:
    """Bytes of the table of colours that a GIF's flags announce, int32 ()."""
    flags = tf.cast(flags, tf.int32)
    return tf.where(flags >= 0x80, 3 * tf.bitwise.left_shift(2, flags % 8), 0)


def _header(data: tf.Tensor) -> tf.Tensor:
    """The first bytes of a file, int64 (32,); zeros where it is shorter."""
    whole = tf.strings.substr(tf.strings.join([data, b"\0" * _HEADER]), 0, _HEADER)
    return tf.cast(tf.io.decode_raw(whole, tf.uint8), tf.int64)


def _number(little_endian: tf.Tensor) -> tf.Tensor:
    """An unsigned number of up to four bytes, int64 ()."""
    return tf.reduce_sum(little_endian * 256 ** tf.range(tf.size(little_endian, tf.int64)))


def _size(width: tf.Tensor, height: tf.Tensor) -> Size:
    # In floating point: the product of what a header can say has more than 64 bits.
    return width, height, tf.cast(width, tf.float64) * tf.cast(height, tf.float64)


_READERS: dict[bytes, Callable[[tf.Tensor], Size]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"\xff\xd8\xff": _jpeg,
    b"GIF8": _gif,
    b"BM": _bmp,
}
