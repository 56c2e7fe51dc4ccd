"""Task of labelled pictures."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task

if TYPE_CHECKING:
    from keras_t2i.pipelines.attributes import AttributeSchema
    from keras_t2i.pipelines.records import Split


@dataclass(frozen=True)
class LabelledTask(Task):
    """Labels and unseen pictures; the kinds of systems of labelled pictures derive from it."""

    @cached_property
    def schema(self) -> "AttributeSchema":
        """The data's labels.

        Raises:
            InputError: They have none.
        """
        from keras_t2i.pipelines.attributes import AttributeSchema

        if not self.info.attributes:
            raise InputError(
                f"{self.data} has no labels; {self.experiment.name} needs labelled pictures, such "
                "as `python -m pipelines.prepare faces`, celeba or labelled gives."
            )
        return AttributeSchema(self.info.attributes)

    @cached_property
    def unseen_name(self) -> str:
        """The split that the stages' scores are taken on: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @cached_property
    def unseen(self) -> "Split":
        """That split."""
        from keras_t2i.pipelines.records import read_split

        return read_split(self.data, self.unseen_name)

    def pictures(self, split: "Split", count: int) -> np.ndarray:
        """Pictures of a split spread over it, cropped at the centre: uint8 (≤ count, S, S, 3)."""
        rows = self.spread(split, count)
        size, stored = self.info.image_size, self.info.stored_size
        edge = (stored - size) // 2
        return split.images[rows, edge : edge + size, edge : edge + size]

    def spread(self, split: "Split", count: int) -> np.ndarray:
        """At most `count` rows of a split, evenly spread over it."""
        total = len(split.images)
        return np.linspace(0, total - 1, min(count, total)).astype(int)
