"""Widths of convolutional networks for pictures of a side; without any network."""

from keras_t2i.pipelines.errors import InputError


def widths(image_size: int, first: int, most: int) -> tuple[int, ...]:
    """Channels at sides image_size/2 … 4: `first`, doubled at each, at most `most`."""
    count = (image_size // 4).bit_length() - 1
    return tuple(min(first * 2**i, most) for i in range(count))


def checked_widths(image_size: int, first: int, most: int) -> tuple[int, ...]:
    """Channels as `widths` gives them, for the picture size of a data set.

    Raises:
        InputError: The size is not a power of two, or below 8.
    """
    if image_size < 8 or image_size & (image_size - 1):
        raise InputError(
            "The pictures' size must be a power of two, at least 8; prepare the data with "
            f"another --image-size. Received: {image_size}."
        )
    return widths(image_size, first, most)
