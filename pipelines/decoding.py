"""Pictures from their files in records to one array: in memory, or in a file."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .ordered import ordered_map
from .whole_file import remove_partials, whole_file

_SHARE_OF_MEMORY = 1 / 16
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


def is_kept(folder: Path, size: int, most_bytes: int | None) -> bool:
    """Whether pictures are decoded into a file: decoding them each time would take long.

    Those that fit into memory need none, and have none where the folder cannot be written in.

    Args:
        folder: Folder of the data set.
        size: Bytes of the pictures.
        most_bytes: Memory that they may take, as for `opened`.
    """
    most = most_in_memory(most_bytes)
    return size > most or (size > _QUICK and os.access(folder, os.W_OK))


def most_in_memory(most_bytes: int | None) -> int:
    """Bytes that pictures may take in memory: what is asked for, or a sixteenth of it."""
    if most_bytes is not None:
        return most_bytes
    return int(_SHARE_OF_MEMORY * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _decode(files: list[bytes]) -> np.ndarray:
    pictures = [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in files]
    return np.concatenate(pictures, -1)
