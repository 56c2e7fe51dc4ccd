"""Items of a source: a picture that is not loaded yet, and the information about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Load = Callable[[int], np.ndarray]
"""From a side in pixels to a picture, uint8 (side, side, 3); `InputError` for a broken one."""


@dataclass(frozen=True)
class Item:
    """One captioned picture of a source.

    Args:
        id: Name that is unique in the source.
        split: Name of its split, such as `train` or `test`.
        load: Function that gives the picture.
        captions: Texts that describe it; none of pictures alone.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn (`Attribute.columns`), -1 where unknown.
        load_given: Function that gives the picture from which this one is to be made, of pairs.
    """

    id: str
    split: str
    load: Load
    captions: tuple[str, ...] = ()
    label: int = -1
    attributes: tuple[int, ...] = ()
    load_given: Load | None = None


class Broken(str):
    """Why a picture cannot be used: stands in the place of its item."""

    __slots__ = ()


class Note(str):
    """A remark, such as how many pictures were left out: stands among the items."""

    __slots__ = ()
