"""The embedded source `faces`: labelled portraits that this program draws itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from ..attribute import Attribute
from ..attributes import MONTAGE
from ..errors import InputError
from .face_drawing import draw_face
from .item import Item

_LOOKS = {
    "curly": "curly hair",
    "straight": "straight hair",
    "crew cut": "a crew cut",
    "balding": "little hair left",
    "wavy": "wavy hair",
}
_EYES = {
    "double eyelid": "double eyelids",
    "inner double eyelid": "inner double eyelids",
    "left asymmetric": "a single lid only at the left of the picture",
    "single eyelid": "single eyelids",
    "right asymmetric": "a single lid only at the right of the picture",
}


@dataclass(frozen=True)
class Faces:
    """Invented faces with the 12 labels of the PSC-GAN paper, three captions each.

    The 50 combinations take turns; skin, colours, proportions, pose, light, clothes and background
    vary from picture to picture. Picture i depends on `seed` and i alone. Of ten successive
    pictures of a combination eight are in `train`, one in `val`, one in `test`.

    Args:
        pictures: How many, at least 1.
        seed: Of the whole source, at least 0.

    Raises:
        InputError: A number is too small.
    """

    pictures: int = 2000
    seed: int = 0

    name: ClassVar[str] = "faces"
    licence: ClassVar[str] = "CC0 1.0 (drawn by this program)"
    preset: ClassVar[str] = "psc-gan-demo"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = MONTAGE.attributes

    def __post_init__(self) -> None:
        for field, least in (("pictures", 1), ("seed", 0)):
            if getattr(self, field) < least:
                raise InputError(
                    f"faces: {field} must be at least {least}. Received: {getattr(self, field)}."
                )

    def items(self) -> Iterator[Item]:
        """All pictures; each is drawn when its `load` is called."""
        vectors = MONTAGE.combinations()
        return (self._item(index, vectors) for index in range(self.pictures))

    def _item(self, index: int, vectors: np.ndarray) -> Item:
        turn, place = divmod(index, len(vectors))
        vector = vectors[place]
        columns = MONTAGE.columns(vector)
        labels = tuple(
            group.values[i] for group, i in zip(MONTAGE.attributes, columns, strict=True)
        )
        return Item(
            id=f"face-{index:06d}",
            # Staggered over the combinations, so that a small set has all three splits too.
            split={8: "val", 9: "test"}.get((turn + place) % 10, "train"),
            load=partial(draw_face, labels, (self.seed, index)),
            captions=_captions(labels),
            attributes=columns,
        )


def _captions(labels: tuple[str, str, str]) -> tuple[str, ...]:
    gender, hair, eyes = labels
    person = "man" if gender == "male" else "woman"
    return (
        ", ".join(labels),
        f"a {person} with {_LOOKS[hair]} and {_EYES[eyes]}",
        f"{_LOOKS[hair]}, {_EYES[eyes]}: the face of a {person}",
    )
