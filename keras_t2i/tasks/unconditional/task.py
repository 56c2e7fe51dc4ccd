"""The kind of experiment that draws pictures from noise alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_t2i.tasks.base.task import Task
from keras_t2i.tasks.unconditional.gan_stage import UnconditionalGanStage
from keras_t2i.training.experiment import Experiment
from keras_t2i.training.run import Run

if TYPE_CHECKING:
    import keras
    from PIL import Image

    from keras_t2i.adversarial.unconditional import UnconditionalGAN
    from keras_t2i.metrics.conditions import Conditions
    from keras_t2i.pipelines.sources import Source
    from keras_t2i.tasks.base.options import GenerateOptions
    from keras_t2i.tasks.unconditional.sampler import NoiseSampler

_ROWS, _COLUMNS = 6, 10


@dataclass(frozen=True)
class Unconditional(Experiment):
    """Noise → pictures.

    Args:
        gan: The GAN's stage.
    """

    gan: UnconditionalGanStage = field(default_factory=UnconditionalGanStage)

    @property
    def stages(self) -> tuple[Any, ...]:
        """The GAN."""
        return (self.gan,)

    def embedded_source(self) -> "Source":
        """The birds that are drawn where no data are given."""
        from keras_t2i.pipelines.sources.birds import Birds

        return Birds()

    def task(self, run: Run, data: Path) -> "UnconditionalTask":
        """What the stage works with."""
        return UnconditionalTask(self, run, data)


@dataclass(frozen=True)
class UnconditionalTask(Task):
    """Task of pictures alone."""

    experiment: Unconditional

    @cached_property
    def gan(self) -> "UnconditionalGAN":
        """The GAN as far as it is trained."""
        stage = self.experiment.gan
        return self.restore(stage.model(stage.image_size(self.info.image_size)), stage.name)

    @cached_property
    def sampler(self) -> "NoiseSampler":
        """Draws pictures as far as the run is trained."""
        from keras_t2i.tasks.unconditional.sampler import NoiseSampler

        return NoiseSampler(self.gan)

    def sample(self, conditions: "Conditions", seeds: Sequence[int]) -> np.ndarray:
        """A picture for each seed; what is asked for is not looked at."""
        return self.sampler.sample(seeds)

    def draw_samples(self, gan: "UnconditionalGAN", step: int) -> Path:
        """The sample grid: fixed noises."""
        from keras_t2i.images.grid import enlarged, plain_grid
        from keras_t2i.tasks.unconditional.sampler import NoiseSampler

        drawn = NoiseSampler(gan).sample(range(_ROWS * _COLUMNS))
        pictures = enlarged(drawn, self.info.image_size)
        grid = plain_grid(pictures.reshape(_ROWS, _COLUMNS, *pictures.shape[1:]))
        return self.show(self.experiment.gan.name, "samples", grid, step)

    def finish_samples(self, gan: "UnconditionalGAN") -> dict[str, Any]:
        """The last sample grid."""
        path = self.draw_samples(gan, int(gan.step.numpy()))
        return {"samples": str(path.relative_to(self.run.path))}

    def render(self, request: "GenerateOptions") -> "list[Image.Image]":
        """What `generate` is asked for."""
        from keras_t2i.tasks.unconditional.sheets import render

        return render(self.sampler, request)

    def archive(self) -> "keras.export.ExportArchive":
        """The signatures of the trained model."""
        from keras_t2i.exporting.noise_signatures import archive
        from keras_t2i.exporting.signatures import to_png

        return archive(self.gan, to_png)

    example, example_text = "--count 16 --grid --out pictures.png", ""
