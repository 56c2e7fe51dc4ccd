"""Pictures from noise, level by level (LAPGAN)."""

from dataclasses import field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.pyramid.gan_stages import PyramidBaseStage, PyramidLevelStage
from keras_t2i.tasks.unconditional.gan_stage import PictureGiven
from keras_t2i.tasks.unconditional.task import Unconditional, UnconditionalTask
from keras_t2i.training.run import Run
from keras_t2i.training.stage import Stage, Training

if TYPE_CHECKING:
    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.pipelines.records import DatasetInfo
    from keras_t2i.tasks.pyramid.gan import LaplacianLevelGAN, Pyramid
    from keras_t2i.tasks.unconditional.sampler import NoiseSampler

_SHOWN = 10


@component
class UnconditionalPyramid(Unconditional):
    """Noise → coarse pictures → finer ones.

    Args:
        gan: The stage of the coarsest pictures.
        levels: The further stages, each of twice the side; the last of the data's.
    """

    gan: PyramidBaseStage = field(default_factory=PyramidBaseStage)
    levels: tuple[PyramidLevelStage, ...] = (
        PyramidLevelStage(side=32),
        PyramidLevelStage(side=64),
    )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The coarsest pictures, then each level."""
        return (self.gan, *self.levels)

    def check(self) -> None:
        """Refuse what the stages refuse, and a pyramid without a level."""
        super().check()
        if not self.levels:
            raise InputError("--levels must have one at least. Received: none.")

    def check_data(self, info: "DatasetInfo") -> None:
        """Refuse levels whose sides do not double, or do not end at the data's."""
        super().check_data(info)
        sides = [self.gan.side, *(level.side for level in self.levels)]
        wanted = [info.image_size // 2**i for i in reversed(range(len(sides)))]
        if sides != wanted:
            raise InputError(
                f"The levels must double up to the data's side, {info.image_size}: "
                f"{wanted}. Received: {sides}."
            )

    def task(self, run: Run, data: Path | None = None) -> "PyramidTask":
        """The task of a run of this experiment."""
        return PyramidTask(self, run, data)


class PyramidTask(UnconditionalTask):
    """A run of a LAPGAN."""

    experiment: UnconditionalPyramid

    def base(self) -> "UnconditionalGAN":
        """The GAN of the coarsest pictures, as far as it is trained."""
        return self.trained(self.experiment.gan)

    def level(self, stage: PyramidLevelStage) -> "LaplacianLevelGAN":
        """The GAN of a level, as far as it is trained."""
        return self.trained(stage)

    def model_of(self, stage: Stage) -> "UnconditionalGAN | LaplacianLevelGAN":
        """The untrained GAN of the coarsest pictures, or of a level."""
        if stage == self.experiment.gan:
            return self.experiment.gan.model(self.experiment.gan.side)
        return next(each for each in self.experiment.levels if each == stage).model()

    def pyramid(self, last: "LaplacianLevelGAN | None" = None) -> "Pyramid":
        """All levels together.

        Args:
            last: The last level's GAN, such as one in training, in place of its checkpoint.
        """
        from keras_t2i.tasks.pyramid.gan import Pyramid

        *before, end = self.experiment.levels
        levels = [self.level(stage) for stage in before]
        levels.append(self.level(end) if last is None else last)
        return Pyramid(self.base(), levels, self.experiment.gan.side)

    @cached_property
    def gan(self) -> "Pyramid":
        """All levels, as far as they are trained."""
        return self.pyramid()

    # Training.

    def build(self, stage: Stage) -> Training:
        """The training of the coarsest pictures, or of a level."""
        if stage == self.experiment.gan:
            return super().build(stage)
        level = next(each for each in self.experiment.levels if each == stage)
        return level.build(
            PictureGiven(
                split=self.split,
                draw=partial(self.draw_level, level),
                finish=partial(self.finish_level, level),
                **self.common(),
            )
        )

    def draw_level(self, stage: PyramidLevelStage, gan: "LaplacianLevelGAN", step: int) -> Path:
        """Unseen pictures: at half the side, refined from there, and as they are."""
        import tensorflow as tf

        from keras_t2i.adversarial.latents import row_noise
        from keras_t2i.images.batches import to_uint8
        from keras_t2i.images.grid import enlarged, plain_grid
        from keras_t2i.tasks.pyramid.gan import coarser
        from keras_t2i.tasks.pyramid.gan_stages import small_pictures

        count = min(_SHOWN, len(self.unseen.images))
        real = next(iter(small_pictures(self.unseen, stage.side, count, 0, 0)))["image"]
        noise = row_noise(gan.latent, tf.range(count, dtype=tf.int64), stage.side**2)
        coarse = coarser(real)
        stack = (coarse, gan.refine(coarse, noise), real)
        rows = [enlarged(to_uint8(each), stage.side) for each in stack]
        name = f"refined-{stage.side}"
        return self.log_image(stage.name, name, plain_grid(np.stack(rows)), step)

    def finish_level(self, stage: PyramidLevelStage, gan: "LaplacianLevelGAN") -> dict[str, Any]:
        """The last refined pictures; after the last level also whole stacks from noise."""
        step = int(gan.step.numpy())
        shown = {"samples": self.within(self.draw_level(stage, gan, step))}
        if stage == self.experiment.levels[-1]:
            shown["pyramid"] = self.within(self.draw_stacks(self.pyramid(gan), step))
        return shown

    def draw_stacks(self, pyramid: "Pyramid", step: int) -> Path:
        """Stacks from noise: the picture at each level, with the added detail above it."""
        from keras_t2i.images.batches import to_uint8
        from keras_t2i.images.grid import enlarged, plain_grid
        from keras_t2i.tasks.pyramid.gan import finer

        stack = pyramid.stack(self.sampler_of(pyramid).noise(range(_SHOWN)))
        rows = [stack[0]]
        for coarse, fine in pairwise(stack):
            rows += [fine - finer(coarse), fine]
        side = stack[-1].shape[1]
        large = [enlarged(to_uint8(row), side) for row in rows]
        name = self.experiment.levels[-1].name
        return self.log_image(name, "pyramid", plain_grid(np.stack(large)), step)

    # What commands ask.

    def subject(self, model: Any = None) -> "NoiseSampler":
        """The generator of all levels, which scores judge; the last is trained or in training."""
        return self.sampler if model is None else self.sampler_of(self.pyramid(model))
