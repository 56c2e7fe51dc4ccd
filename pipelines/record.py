"""A picture with its captions and labels, and its form in a TFRecord file."""

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from .lazy import tf


@dataclass(frozen=True)
class Encoded:
    """A record whose pictures are files: all that is stored of it.

    Args:
        id: Name that is unique in its data set.
        pictures: Files of the pictures, WebP without loss, by their names in an Example.
        captions: Texts that describe it.
        label: Index of its class, or -1.
        attributes: The attributes' columns in turn.
    """

    id: str
    pictures: dict[str, bytes]
    captions: tuple[str, ...]
    label: int
    attributes: tuple[int, ...]

    def serialized(self) -> bytes:
        """A `tf.train.Example`, the same bytes for the same record."""
        texts = {
            "id": [self.id.encode()],
            "captions": [caption.encode() for caption in self.captions],
            **{name: [file] for name, file in self.pictures.items()},
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
        """The record with files in place of its pictures.

        They are made once, and take most of the time: Pillow's encoder leaves Python's lock, so
        threads that ask for them work side by side.
        """
        held = {"image": self.image, "given": self.given}
        files = {name: _webp(image) for name, image in held.items() if image is not None}
        return Encoded(self.id, files, self.captions, self.label, self.attributes)


def _webp(image: np.ndarray) -> bytes:
    """A file without loss, at the least effort of the encoder."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "WEBP", lossless=True, quality=20, method=0)
    return file.getvalue()
