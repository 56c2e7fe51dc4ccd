"""The kind of experiment that turns pictures of one kind into another, without pairs."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.unpaired_image_to_image.gan_stage import CycleGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.pipelines.records import Split
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.unpaired_image_to_image.gan import CycleGAN

_SHOWN, _SCORED, _BATCH = 10, 256, 32


@dataclass(frozen=True)
class UnpairedImageToImage(Experiment):
    """Pictures of one kind ↔ pictures of another.

    Args:
        first: A class or label of the data; `attribute: label` where several have it.
        second: Another.
        gan: The GAN's stage.
    """

    first: str = "body colour: red"
    second: str = "body colour: blue"
    gan: CycleGanStage = field(default_factory=CycleGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN."""
        return (self.gan,)

    def embedded_source(self) -> "Source":
        """The birds that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.birds import Birds

        return Birds()

    def task(self, run: Run, data: Path) -> "UnpairedImageToImageTask":
        """What the stage works with."""
        return UnpairedImageToImageTask(self, run, data)


@dataclass(frozen=True)
class UnpairedImageToImageTask(Task):
    """Task of pictures of two kinds."""

    experiment: UnpairedImageToImage

    def kinds(self, split: "Split") -> tuple["Split", "Split"]:
        """A split's pictures of the first kind and of the second.

        Raises:
            InputError: There are none of a kind, or some are of both.
        """
        from keras_t2i.pipelines.unpaired import pictures_of, rows_of_kind

        both = self.experiment.first, self.experiment.second
        common = np.logical_and(*(rows_of_kind(split, kind) for kind in both)).sum()
        if common:
            raise InputError(
                f"--first {both[0]!r}, --second {both[1]!r}: {common} pictures are of both kinds."
            )
        return tuple(pictures_of(split, kind) for kind in both)

    @cached_property
    def gan(self) -> "CycleGAN":
        """The GAN as far as it is trained."""
        stage = self.experiment.gan
        return self.restore(stage.model(self.info.image_size), stage.name)

    @cached_property
    def unseen_name(self) -> str:
        """The split of the scores and samples: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @cached_property
    def unseen(self) -> tuple[np.ndarray, np.ndarray]:
        """Unseen pictures of both kinds, cropped at the centre, uint8 (N, S, S, 3)."""
        from keras_t2i.pipelines.records import read_split

        kinds = self.kinds(read_split(self.data, self.unseen_name))
        return tuple(self._centre(kind.images[:_SCORED]) for kind in kinds)

    def _centre(self, images: np.ndarray) -> np.ndarray:
        size = self.info.image_size
        start = (images.shape[1] - size) // 2
        return np.asarray(images[:, start : start + size, start : start + size])

    def translate(self, gan: "CycleGAN", pictures: np.ndarray, back: bool = False) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) as the second kind, or back: as the first; uint8."""
        import tensorflow as tf

        from keras_t2i.images.grid import to_uint8

        parts = [
            to_uint8(gan.sample(tf.constant(part / 127.5 - 1.0, tf.float32), back).numpy())
            for part in np.split(pictures, range(_BATCH, len(pictures), _BATCH))
        ]
        return np.concatenate(parts)

    def draw_samples(self, gan: "CycleGAN", step: int) -> Path:
        """Three rows a kind: unseen pictures, as the other kind, and back again."""
        from keras_t2i.images.grid import plain_grid

        columns = min(_SHOWN, *(len(pictures) for pictures in self.unseen))
        rows = []
        for pictures, back in zip(self.unseen, (False, True), strict=True):
            there = self.translate(gan, pictures[:columns], back)
            rows += [pictures[:columns], there, self.translate(gan, there, not back)]
        return self.show("gan", "samples", plain_grid(np.stack(rows)), step)

    def finish_samples(self, gan: "CycleGAN") -> dict[str, Any]:
        """The last samples, and how far a picture is from itself after there and back."""
        path = self.draw_samples(gan, int(gan.step.numpy()))
        errors = {}
        for name, pictures, back in zip(
            ("first", "second"), self.unseen, (False, True), strict=True
        ):
            there = self.translate(gan, pictures, back)
            again = self.translate(gan, there, not back)
            errors[f"{name}_moved"] = round(_levels(there, pictures), 3)
            errors[f"{name}_cycle_error"] = round(_levels(again, pictures), 3)
        return {"samples": str(path.relative_to(self.run.path)), self.unseen_name: errors}

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """What `generate` is asked for: files, or folders of them, as the other kind."""
        from keras_t2i.tasks.unpaired_image_to_image.sheets import render

        return render(self, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.unpaired_image_to_image.signatures import archive

        return archive(self.gan, self.info.image_size)

    example, example_text = "--translate PICTURE FOLDER --grid --out pictures.png", ""


def _levels(one: np.ndarray, other: np.ndarray) -> float:
    """The mean absolute difference in grey levels."""
    return float(np.abs(one.astype("float64") - other).mean())
