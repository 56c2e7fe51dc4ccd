"""Size of an encoded picture by its header, within a graph, before anything is decoded."""

from collections.abc import Callable

import tensorflow as tf

from keras_t2i.exporting.requirement import require

MOST_PIXELS = 2**24
"""Pixels of a picture; of an animation, of all its frames together."""

_HEADER = 32  # bytes; the last of PNG's size is the 24th
_MOST_RECORDS, _MOST_BLOCKS, _JUMPS = 4096, 2**17, 16  # of a GIF

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
    bind them. So all records of the file are visited, up to a number that takes about a second.
    """
    length = tf.strings.length(data)
    # A jump past the end, of at most 256 bytes, lands on a zero, which ends all.
    held = tf.io.decode_raw(tf.strings.join([data, b"\0" * 300]), tf.uint8)

    def record(
        place: tf.Tensor, count: tf.Tensor, blocks: tf.Tensor, *largest: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        head = tf.cast(held[place : place + 10], tf.int64)
        is_frame, is_extension = head[0] == 0x2C, head[0] == 0x21
        size = tf.where(is_frame, 11 + _table(head[9]), 2)
        after, blocks = _behind_blocks(held, place + size, blocks)
        sides = tf.where(is_frame, [_number(head[5:7]), _number(head[7:9])], 0)
        width, height, pixels = _size(*tf.unstack(sides, num=2))
        return (
            tf.where(is_frame | is_extension, after, length),
            count + 1,
            blocks,
            tf.maximum(largest[0], width),
            tf.maximum(largest[1], height),
            largest[2] + pixels,
        )

    nothing = _size(tf.constant(0, tf.int64), tf.constant(0, tf.int64))
    place, *state = tf.while_loop(
        lambda place, count, blocks, *_: (
            (place < length) & (count < _MOST_RECORDS) & (blocks < _MOST_BLOCKS)
        ),
        record,
        (13 + _table(held[10]), tf.constant(0), tf.constant(0), *nothing),
        parallel_iterations=1,
    )
    numbers = [tf.strings.as_string(number) for number in state[:2]]
    visited = require(
        place >= length,
        f"A GIF must have at most {_MOST_RECORDS} records, in {_MOST_BLOCKS} blocks of data.",
        tf.strings.join([numbers[0], " records, ", numbers[1], " blocks, and more"])[None],
    )
    with tf.control_dependencies([visited]):
        return tf.identity(state[2]), state[3], state[4]


def _behind_blocks(
    held: tf.Tensor, place: tf.Tensor, blocks: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The place behind blocks of data, the last of which is empty, and the count of blocks."""

    def jump(place: tf.Tensor, blocks: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        for _ in range(_JUMPS):  # several at once: an iteration costs more than they do
            size = tf.cast(tf.gather(held, place), tf.int32)
            place += size + tf.minimum(size, 1)  # at the empty one it stays
        return place, blocks + _JUMPS

    place, blocks = tf.while_loop(
        lambda place, blocks: (held[place] > 0) & (blocks < _MOST_BLOCKS),
        jump,
        (tf.minimum(place, tf.size(held) - 1), blocks),
        parallel_iterations=1,
    )
    return place + 1, blocks


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
