"""Bounds of what a request may ask for, checked before work is spent on it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .errors import ServingError, invalid
from .picture_size import picture_size

_END = "_bytes"  # of the names of inputs that hold files


def check_texts(count: int, most: int) -> None:
    """Check a number of texts.

    Raises:
        ServingError: Too many of them.
    """
    if count > most:
        raise invalid(f"The request has {count} texts. It may have {most} here (--max_texts).")


@dataclass(frozen=True)
class Limits:
    """Bounds of requests.

    Args:
        body: Bytes of a body, as it comes and decompressed.
        bodies: Bytes of all bodies that are held at a time.
        elements: Numbers and texts of a request: elements of a tensor, leaves of JSON.
        texts: Texts of a request, and values of its examples: what Python moves one by one.
        rows: Rows of a request.
        pixels: Pixels of a picture.
        connections: Connections of one address.
    """

    body: int = 32 << 20
    bodies: int = 256 << 20
    elements: int = 1 << 22
    texts: int = 1 << 16
    rows: int = 1024
    pixels: int = 1 << 24
    connections: int = 512

    def check_tensors(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Check a request's tensors.

        Raises:
            ServingError: Too many rows, or a picture of too many pixels by its header.
        """
        for name, value in tensors.items():
            if value.ndim:
                self.check_rows(name, len(value))
            if name.endswith(_END) and value.dtype == object:
                for held in value.ravel():
                    self._check_picture(name, held)

    def check_rows(self, name: str, count: int) -> None:
        """Check the number of rows of an input.

        Raises:
            ServingError: Too many rows.
        """
        if count > self.rows:
            raise invalid(
                f"{name} has {count} rows. A request may have {self.rows} here (--max_rows)."
            )

    def _check_picture(self, name: str, held: bytes) -> None:
        found = picture_size(held)
        if found is not None and found[0] * found[1] > self.pixels:
            width, height = found
            raise invalid(
                f"{name} holds a picture of {width} × {height} pixels. {self.pixels} are the most "
                "here (--max_pixels)."
            )


class Budget:
    """Bytes that all bodies together may hold.

    Small bodies are free: those who send large ones slowly do not keep others from asking.

    Args:
        limit: Number of bytes.
    """

    free = 64 << 10  # bytes of each body that are not counted

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0

    @contextmanager
    def body(self, size: int = 0) -> Iterator[Callable[[int], None]]:
        """Hold a body for a block, which may grow in it.

        Args:
            size: Bytes that it has already.

        Returns:
            Function that counts further bytes.

        Raises:
            ServingError: There are not so many, at the beginning or when it grows.
        """
        whole = counted = 0

        def grow(more: int) -> None:
            nonlocal whole, counted
            whole += more
            wanted = max(0, whole - self.free) - counted
            if wanted and self._held + wanted > self._limit:
                raise ServingError(
                    "UNAVAILABLE", "Too many bodies are being received; try again later."
                )
            self._held += wanted
            counted += wanted

        try:
            grow(size)
            yield grow
        finally:
            self._held -= counted
