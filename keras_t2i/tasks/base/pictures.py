"""Base of all tasks of prepared pictures."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from keras_t2i.tasks.base.task import Task

if TYPE_CHECKING:
    from keras_t2i.pipelines.records import Split


class PictureTask(Task):
    """A task whose data set holds pictures."""

    @property
    def split(self) -> "Split":
        """The training split."""
        return self.read_split("train")

    @property
    def unseen_name(self) -> str:
        """The split of samples and scores: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @property
    def unseen(self) -> "Split":
        """The split of samples and scores (`unseen_name`)."""
        return self.read_split(self.unseen_name)

    def read_split(self, name: str) -> "Split":
        """A split of the data set, which is read once.

        Raises:
            InputError: The data are gone or damaged.
        """
        from keras_t2i.pipelines.records import read_split

        if name not in self.splits:
            self.splits[name] = read_split(self.data, name)
        return self.splits[name]

    @cached_property
    def splits(self) -> "dict[str, Split]":
        """The splits that were read, by name."""
        return {}

    def remember(self) -> None:
        """Also what the unseen pictures were captioned and labelled with, and the statistics."""
        from keras_t2i.delivery.statistics import data_statistics, is_kept
        from keras_t2i.metrics.stored_conditions import write_conditions

        super().remember()
        folder, info = self.run.path, self.info
        for name in info.splits:
            if name != "train":
                write_conditions(folder / "conditions", name, self.read_split(name))
        if not is_kept(folder, info.checksum):
            data_statistics(info, self.read_split).write(folder)

    def spread_pictures(self, split: "Split", count: int) -> np.ndarray:
        """Pictures spread over a split, cropped at the centre: uint8 (≤ count, S, S, 3)."""
        from keras_t2i.images.batches import centre_crop

        return centre_crop(split.images[spread(split, count)], self.info.image_size)


def spread(split: "Split", count: int) -> np.ndarray:
    """At most `count` rows of a split, evenly spread over it."""
    total = len(split.images)
    return np.linspace(0, total - 1, min(count, total)).astype(int)
