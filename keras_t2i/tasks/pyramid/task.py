"""The kind of experiment that draws pictures from noise, octave by octave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.pipelines.errors import InputError
from keras_t2i.tasks.pyramid.gan_stages import PyramidBaseStage, PyramidLevelStage
from keras_t2i.tasks.unconditional.task import Unconditional, UnconditionalTask
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    from keras_t2i.tasks.pyramid.gan import LaplacianLevelGAN, Pyramid

_SHOWN = 10


@dataclass(frozen=True)
class UnconditionalPyramid(Unconditional):
    """Noise → coarse pictures → finer ones.

    Args:
        gan: The stage of the coarsest pictures.
        levels: The further stages, each of twice the side; the last of the data's.
    """

    gan: PyramidBaseStage = field(default_factory=PyramidBaseStage)
    levels: tuple[PyramidLevelStage, ...] = (PyramidLevelStage(32), PyramidLevelStage(64))

    @property
    def stages(self) -> tuple[Any, ...]:
        """The coarsest pictures, then each octave."""
        return (self.gan, *self.levels)

    def task(self, run: Run, data: Path) -> "PyramidTask":
        """What the stages work with.

        Raises:
            InputError: The levels' sides do not double, or do not end at the data's.
        """
        made = PyramidTask(self, run, data)
        sides = [stage.side for stage in self.stages]
        wanted = [made.info.image_size // 2**i for i in reversed(range(len(sides)))]
        if sides != wanted:
            raise InputError(
                f"The levels must double up to the data's side, {made.info.image_size}: "
                f"{wanted}. Received: {sides}."
            )
        return made


@dataclass(frozen=True)
class PyramidTask(UnconditionalTask):
    """Task of pictures at several sides."""

    experiment: UnconditionalPyramid

    @cached_property
    def gan(self) -> "Pyramid":
        """All levels, trained."""
        from keras_t2i.tasks.pyramid.gan import Pyramid

        stage = self.experiment.gan
        base = self.restore(stage.model(stage.side), stage.name)
        levels = [self.restore(level.model(), level.name) for level in self.experiment.levels]
        return Pyramid(base, levels, stage.side)

    @cached_property
    def unseen_name(self) -> str:
        """The split of the samples: test, else val, else train."""
        return next(name for name in ("test", "val", "train") if name in self.info.splits)

    def draw_level(self, stage: PyramidLevelStage, gan: "LaplacianLevelGAN", step: int) -> Path:
        """Unseen pictures: at half the side, refined from there, and as they are."""
        import tensorflow as tf

        from keras_t2i.adversarial.latents import row_noise
        from keras_t2i.images.grid import enlarged, plain_grid, to_uint8
        from keras_t2i.pipelines.records import read_split
        from keras_t2i.tasks.pyramid.gan import coarser
        from keras_t2i.tasks.pyramid.gan_stages import small_pictures

        split = read_split(self.data, self.unseen_name)
        count = min(_SHOWN, len(split.images))
        real = next(iter(small_pictures(split, stage.side, count, 0, 0)))["image"]
        noise = row_noise(gan.latent, tf.range(count, dtype=tf.int64), stage.side**2)
        coarse = coarser(real)
        stack = (coarse, gan.refine(coarse, noise), real)
        rows = [enlarged(to_uint8(np.asarray(each)), stage.side) for each in stack]
        return self.show(stage.name, f"refined-{stage.side}", plain_grid(np.stack(rows)), step)

    def finish_level(self, stage: PyramidLevelStage, gan: "LaplacianLevelGAN") -> dict[str, Any]:
        """The last refined pictures; after the last level also whole stacks from noise."""
        step = int(gan.step.numpy())
        shown = {"samples": self.draw_level(stage, gan, step)}
        if stage == self.experiment.levels[-1]:
            levels = [
                gan if level == stage else self.restore(level.model(), level.name)
                for level in self.experiment.levels
            ]
            shown["pyramid"] = self.draw_stacks(levels, step)
        return {name: str(path.relative_to(self.run.path)) for name, path in shown.items()}

    def draw_stacks(self, levels: "Sequence[LaplacianLevelGAN]", step: int) -> Path:
        """From noise: the picture at each level, each with the detail that it adds above it."""
        from keras_t2i.images.grid import enlarged, plain_grid, to_uint8
        from keras_t2i.tasks.pyramid.gan import Pyramid, finer
        from keras_t2i.tasks.unconditional.sampler import NoiseSampler

        stage = self.experiment.gan
        base = self.restore(stage.model(stage.side), stage.name)
        pyramid = Pyramid(base, levels, stage.side)
        stack = pyramid.stack(NoiseSampler(pyramid).noise(range(_SHOWN)))
        rows = [stack[0]]
        for coarse, fine in pairwise(stack):
            rows += [fine - finer(coarse), fine]
        side = stack[-1].shape[1]
        large = [enlarged(to_uint8(np.asarray(row)), side) for row in rows]
        name = self.experiment.levels[-1].name
        return self.show(name, "pyramid", plain_grid(np.stack(large)), step)
