"""Pictures from PNGs to one array: in memory, or where that is too small in a file."""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .ordered import ordered_map
from .whole_file import remove_partials, whole_file

_SHARE_OF_MEMORY = 1 / 4


def decoded_pictures(
    pngs: Iterator[list[bytes]], shape: tuple[int, ...], file: Path, most_bytes: int | None = None
) -> np.ndarray:
    """Decode pictures, or map a file into which they have been decoded.

    Args:
        pngs: PNGs of each row, whose channels come to lie one after the other; all are drawn.
        shape: Shape of the result, (N, S, S, C).
        file: The file to map if they are too large for the memory; it is written if missing.
        most_bytes: Memory that they may take; by default a quarter of the machine's.

    Returns:
        uint8 of that shape.
    """
    if most_bytes is None:
        most_bytes = int(_SHARE_OF_MEMORY * _memory_bytes())
    if np.prod(shape) <= most_bytes:
        images = np.empty(shape, np.uint8)
        for i, image in enumerate(ordered_map(_decode, pngs)):
            images[i] = image
        return images
    if file.exists():
        for _ in pngs:
            pass
    else:
        _decode_to_file(file, shape, pngs)
    return np.load(file, mmap_mode="r")


def _decode_to_file(file: Path, shape: tuple[int, ...], pngs: Iterator[list[bytes]]) -> None:
    file.parent.mkdir(exist_ok=True)
    remove_partials(file.parent)
    # Written, not mapped: on a full disk a write fails, a mapping kills the process.
    with whole_file(file) as partial, partial.open("wb") as stream:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        for image in ordered_map(_decode, pngs):
            stream.write(image.tobytes())


def _decode(pngs: list[bytes]) -> np.ndarray:
    pictures = [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) for png in pngs]
    return np.concatenate(pictures, -1)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
