"""A picture with its captions and labels, and its form in a TFRecord file."""

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from .lazy import tf


@dataclass(frozen=True)
class Encoded:
    """A record whose pictures are PNG files: all that is stored of it.

    Args:
        id: Name that is unique in its data set.
        pngs: PNG files of the pictures by their names in an Example.
        captions: Texts that describe it.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn.
    """

    id: str
    pngs: dict[str, bytes]
    captions: tuple[str, ...]
    label: int
    attributes: tuple[int, ...]

    def serialized(self) -> bytes:
        """A `tf.train.Example`, the same bytes for the same record."""
        texts = {
            "id": [self.id.encode()],
            "captions": [caption.encode() for caption in self.captions],
            **{name: [png] for name, png in self.pngs.items()},
        }
        numbers = {"label": [self.label], "attributes": list(self.attributes)}
        features = {
            name: tf.train.Feature(bytes_list=tf.train.BytesList(value=value))
            for name, value in texts.items()
        } | {
            name: tf.train.Feature(int64_list=tf.train.Int64List(value=value))
            for name, value in numbers.items()
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        return example.SerializeToString(deterministic=True)


@dataclass(frozen=True)
class Record:
    """A picture with its captions, if any.

    Args:
        id: Name that is unique in its data set.
        image: Picture, uint8 (S, S, 3).
        captions: Texts that describe it; none of pictures alone.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn (`Attribute.columns`), -1 where unknown.
        given: Picture from which this one is to be made, uint8 (S, S, 3), of data of pairs.
    """

    id: str
    image: np.ndarray
    captions: tuple[str, ...] = ()
    label: int = -1
    attributes: tuple[int, ...] = ()
    given: np.ndarray | None = None

    @cached_property
    def encoded(self) -> Encoded:
        """The record with PNG files in place of its pictures.

        They are made once, and take most of the time: Pillow's encoder leaves Python's lock, so
        threads that ask for them work side by side.
        """
        pictures = {"image": self.image, "given": self.given}
        pngs = {name: _png(held) for name, held in pictures.items() if held is not None}
        return Encoded(self.id, pngs, self.captions, self.label, self.attributes)


def _png(image: np.ndarray) -> bytes:
    png = io.BytesIO()
    Image.fromarray(image).save(png, "PNG", compress_level=3)
    return png.getvalue()
