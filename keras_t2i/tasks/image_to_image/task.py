"""The kind of experiment that turns pictures into pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.paired import CentreMask, Downsample, RandomMasks
from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.image_to_image.gan_stage import ImageToImageGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.pipelines.records import Split
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.image_to_image.gan import ImageToImageGAN

_SHOWN, _SCORED, _BATCH = 8, 256, 32


@dataclass(frozen=True)
class ImageToImage(Experiment):
    """What is made of pictures → the pictures.

    Args:
        given: What is made of a picture; `None` takes the one that is stored with it.
        gan: The GAN's stage.
    """

    given: Downsample | CentreMask | RandomMasks | None = None
    gan: ImageToImageGanStage = field(default_factory=ImageToImageGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN's, and what it begins with."""
        return self.gan.stages

    def embedded_source(self) -> "Source":
        """The birds that are drawn where no data are given, with maps where pairs are needed."""
        from keras_t2i.pipelines.sources.bird_maps import BirdMaps
        from keras_t2i.pipelines.sources.birds import Birds

        return BirdMaps() if self.given is None else Birds()

    def task(self, run: Run, data: Path) -> "ImageToImageTask":
        """What the stage works with."""
        return ImageToImageTask(self, run, data)


@dataclass(frozen=True)
class ImageToImageTask(Task):
    """Task of pairs of pictures."""

    experiment: ImageToImage

    @cached_property
    def unseen_name(self) -> str:
        """The split of the scores and samples: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    @cached_property
    def unseen(self) -> "Split":
        """That split."""
        from keras_t2i.pipelines.records import read_split

        return read_split(self.data, self.unseen_name)

    @cached_property
    def gan(self) -> "ImageToImageGAN":
        """The GAN as far as it is trained."""
        return self.trained(self.experiment.gan)

    def trained(self, stage: ImageToImageGanStage) -> "ImageToImageGAN":
        """The model of a stage as far as it is trained."""
        return self.restore(stage.model(self.info.image_size, self.pairs(1)), stage.name)

    def pairs(self, count: int) -> dict[str, np.ndarray]:
        """Unseen pictures, cropped at the centre, and what is made of them, float32 in [−1, 1]."""
        from keras_t2i.pipelines.paired import paired_pictures
        from keras_t2i.pipelines.pictures import Augmentation

        count = min(count, len(self.unseen.images))
        still = Augmentation(crop=False, flip=False)
        batch = next(
            iter(paired_pictures(self.unseen, count, self.experiment.given, augmentation=still))
        )
        return {name: value.numpy() for name, value in batch.items()}

    def translate(self, gan: "ImageToImageGAN", sources: np.ndarray) -> np.ndarray:
        """What the averaged generator makes of sources (N, …): uint8 (N, S, S, 3)."""
        import tensorflow as tf

        from keras_t2i.images.grid import to_uint8

        parts = [
            to_uint8(gan.sample(tf.constant(sources[start : start + _BATCH])).numpy())
            for start in range(0, len(sources), _BATCH)
        ]
        return np.concatenate(parts)

    def sample(self, conditions: "Conditions", seeds: Sequence[int]) -> np.ndarray:
        """For each condition, what becomes of its real picture's source: uint8 (N, S, S, 3)."""
        import tensorflow as tf

        from keras_t2i.metrics.pictures import real_pictures
        from keras_t2i.pipelines.records import read_split

        asked, given = conditions.split, self.experiment.given
        split = self.unseen if asked == self.unseen_name else read_split(self.data, asked)
        shown = split if given else replace(split, images=split.given)
        pictures = np.stack(real_pictures(shown, conditions.split).read(conditions.rows))
        sources = tf.constant(pictures / 127.5 - 1.0, tf.float32)
        if given:
            sources = given(sources, tf.constant([0, 0], tf.int64))
        return self.translate(self.gan, sources.numpy())

    def draw_samples(self, gan: "ImageToImageGAN", step: int, stage: str) -> Path:
        """Unseen pictures: what is given, what becomes of it, what it should become."""
        from keras_t2i.images.grid import plain_grid, to_uint8

        batch = self.pairs(_SHOWN)
        made, real = self.translate(gan, batch["source"]), to_uint8(batch["image"])
        rows = np.stack([shown(batch["source"], real.shape[1]), made, real])
        last = stage == self.experiment.gan.name
        return self.show(stage, "samples" if last else f"samples-{stage}", plain_grid(rows), step)

    def finish_samples(self, gan: "ImageToImageGAN", stage: str) -> dict[str, Any]:
        """The last samples, and scores beside those of what needs no learning."""
        path = self.draw_samples(gan, int(gan.step.numpy()), stage)
        return {"samples": str(path.relative_to(self.run.path)), self.unseen_name: self.scores(gan)}

    def scores(self, gan: "ImageToImageGAN") -> dict[str, dict[str, float]]:
        """Fidelity of the generator and of simple rivals, over unseen pictures."""
        from keras_t2i.images.grid import to_uint8
        from keras_t2i.tasks.image_to_image.fidelity import fidelity, hole_psnr

        batch = self.pairs(_SCORED)
        real = to_uint8(batch["image"])
        drawn = {"generator": self.translate(gan, batch["source"])} | rivals(
            batch["source"], real.shape[1]
        )
        found = {name: fidelity(pictures, real) for name, pictures in drawn.items()}
        if batch["source"].shape[-1] == 4:
            mask = batch["source"][..., 3]
            for name, pictures in drawn.items():
                found[name]["hole_psnr"] = hole_psnr(pictures, real, mask)
        return {n: {k: round(v, 4) for k, v in values.items()} for n, values in found.items()}

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """What `generate` is asked for: files, or folders of them, translated."""
        from keras_t2i.tasks.image_to_image.sheets import render

        return render(self, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.tasks.image_to_image.signatures import archive

        source = self.pairs(1)["source"]
        return archive(self.gan, source.shape[1], source.shape[3])

    example, example_text = "--translate PICTURE FOLDER --grid --out pictures.png", ""


def shown(sources: np.ndarray, side: int) -> np.ndarray:
    """Sources (N, s, s, 3 or 4) as pictures uint8 (N, side, side, 3), their pixels enlarged."""
    from keras_t2i.images.grid import enlarged, to_uint8

    return enlarged(to_uint8(sources[..., :3]), side)


def rivals(sources: np.ndarray, side: int) -> dict[str, np.ndarray]:
    """What needs no learning: enlarged by rules, or holes filled with the mean about them.

    Args:
        sources: float32 (N, s, s, 3), or (N, side, side, 4) with the mask of holes.
        side: Of the results.

    Returns:
        By name, uint8 (N, side, side, 3).
    """
    import tensorflow as tf

    from keras_t2i.images.grid import to_uint8

    if sources.shape[-1] == 4:
        given, mask = sources[..., :3], sources[..., 3:]
        known = np.maximum((1 - mask).sum((1, 2), keepdims=True), 1)
        mean = given.sum((1, 2), keepdims=True) / known
        return {"mean fill": to_uint8(given + mask * mean)}
    if sources.shape[1] == side:
        return {"given": to_uint8(sources)}
    enlarged = {
        name: tf.image.resize(sources, (side, side), name).numpy()
        for name in ("nearest", "bicubic")
    }
    return {name: to_uint8(images) for name, images in enlarged.items()}
