"""The embedded source `faces`: labelled portraits that this program draws itself."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from ..attribute import Attribute
from ..attributes import MONTAGE
from .drawn import Drawn
from .face_drawing import draw_face
from .item import Item

_COMBINATIONS = MONTAGE.combinations()
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
class Faces(Drawn):
    """Invented faces with the 12 labels of the PSC-GAN paper, three captions each.

    The 50 combinations take turns; skin, colours, proportions, pose, light, clothes and background
    vary from picture to picture. Picture i depends on `seed` and i alone. Of ten successive
    pictures of a combination eight are in `train`, one in `val`, one in `test`.
    """

    name: ClassVar[str] = "faces"
    preset: ClassVar[str] = "psc-gan-demo"
    classes: ClassVar[tuple[str, ...]] = ()
    attributes: ClassVar[tuple[Attribute, ...]] = MONTAGE.attributes
    kinds: ClassVar[int] = len(_COMBINATIONS)

    def item(self, index: int, kind: int, split: str) -> Item:
        """A face with combination `kind`.

        Args:
            index: Number of the picture.
            kind: Number of the combination.
            split: Name of the picture's split.
        """
        columns = MONTAGE.columns(_COMBINATIONS[kind])
        gender, hair, eyes = (
            group.values[i] for group, i in zip(MONTAGE.attributes, columns, strict=True)
        )
        labels = gender, hair, eyes
        return Item(
            id=f"face-{index:06d}",
            split=split,
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
