"""Pictures from their files in records to one array: in memory, or in a file."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .errors import InputError
from .ordered import ordered_map
from .whole_file import remove_partials, whole_file

_SHARE_OF_MEMORY = 1 / 16
VARIABLE = "KERAS_T2I_MOST_ON_DISK"
_FORMATS = ("WEBP", "PNG")  # PNG of data that earlier versions prepared
_QUICK = 1 << 26  # bytes of pictures up to which decoding them again takes a second or two


def decoded_pictures(files: Iterator[list[bytes]], shape: tuple[int, ...]) -> np.ndarray:
    """Decode pictures into memory.

    Args:
        files: Files of each row, whose channels come to lie one after the other; all are drawn.
        shape: Shape of the result, (N, S, S, C).

    Returns:
        uint8 of that shape.
    """
    images = np.empty(shape, np.uint8)
    for i, image in enumerate(ordered_map(_decode, files)):
        images[i] = image
    return images


def decode_to_file(file: Path, shape: tuple[int, ...], files: Iterator[list[bytes]]) -> None:
    """Decode pictures into a file that `opened` reads.

    Args:
        file: The file, `.npy`; its folder is created.
        shape: Shape of the pictures, (N, S, S, C).
        files: Files of each row's pictures.

    Raises:
        OSError: The file cannot be written.
    """
    file.parent.mkdir(exist_ok=True)
    remove_partials(file.parent)
    # Written, not mapped: on a full disk a write fails, a mapping kills the process.
    with whole_file(file) as partial, partial.open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for image in ordered_map(_decode, files):
            stream.write(image.tobytes())


def opened(file: Path, shape: tuple[int, ...], most_bytes: int | None) -> np.ndarray:
    """Pictures of a file: read into memory, or mapped where they would take too much of it.

    Args:
        file: The file (`decode_to_file`).
        shape: Shape of the pictures, (N, S, S, C).
        most_bytes: Memory that they may take; by default a sixteenth of the machine's.

    Raises:
        ValueError: A file that is missing or cut short, or holds something else.
    """
    try:
        mapped = np.load(file, mmap_mode="r")
    except (OSError, EOFError) as error:
        raise ValueError(f"{file}: cannot be read ({error}).") from error
    if mapped.shape != shape or mapped.dtype != np.uint8:
        raise ValueError(f"{file}: holds something else.")
    return mapped if mapped.nbytes > most_in_memory(most_bytes) else np.load(file)


def is_quickly_decoded(size: int) -> bool:
    """Whether decoding so many bytes of pictures takes so little time that nothing is kept."""
    return size <= _QUICK


def fits_on_disk(file: Path, size: int, most_on_disk: int | None) -> bool:
    """Whether the file of decoded pictures is there already, or may and can be written.

    Args:
        file: The file (`decode_to_file`), in a folder below that of the data set.
        size: Bytes of the pictures.
        most_on_disk: Bytes that they may take there; by default what `KERAS_T2I_MOST_ON_DISK` says,
            or else half of what is free.

    Raises:
        InputError: The variable is no whole number.
    """
    folder = file.parent.parent
    if file.exists():
        return True
    if not os.access(folder, os.W_OK):
        return False
    if most_on_disk is None:
        most_on_disk = _most_asked_for()
    return size <= (shutil.disk_usage(folder).free // 2 if most_on_disk is None else most_on_disk)


def _most_asked_for() -> int | None:
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    if not text.isdecimal():
        raise InputError(f"{VARIABLE} must be a whole number of bytes. Received: {text!r}.")
    return int(text)


def most_in_memory(most_bytes: int | None) -> int:
    """Bytes that pictures may take in memory: what is asked for, or a sixteenth of it."""
    if most_bytes is not None:
        return most_bytes
    return int(_SHARE_OF_MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def decoded(file: bytes) -> np.ndarray:
    """A picture from its file in a record: uint8 (S, S, 3)."""
    # A quarter faster than with every format that Pillow would try before these.
    with Image.open(io.BytesIO(file), formats=_FORMATS) as image:
        return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def _decode(files: list[bytes]) -> np.ndarray:
    return np.concatenate([decoded(file) for file in files], -1)
